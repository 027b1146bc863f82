"""How large a file and an image may be."""

from cxr_core.errors import UnreadableFilm
from cxr_core.languages import message
from cxr_core.limits import FILM_BYTES as MAX_BYTES
from cxr_core.limits import FILM_MIN_SIDE as MIN_SIDE
from cxr_core.limits import FILM_PIXELS as MAX_PIXELS

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "check_size"]


def check_size(width: int, height: int) -> None:
    """Raise `UnreadableFilm` unless an image of this size (pixels, from its header) may be decoded."""
    if width * height > MAX_PIXELS:
        raise UnreadableFilm(
            message(
                "{width} x {height} pixels, more than the limit of {limit} pixels",
                width=width,
                height=height,
                limit=MAX_PIXELS,
            )
        )
    if min(width, height) < MIN_SIDE:
        raise UnreadableFilm(
            message(
                "{width} x {height} pixels, less than the {least} pixels a side that a film needs",
                width=width,
                height=height,
                least=MIN_SIDE,
            )
        )
