"""How large a file and an image may be."""

from cxr_core.errors import UnreadableFilm

MAX_PIXELS = 100_000_000
MAX_BYTES = 6 * MAX_PIXELS + 10_000_000
"""Three samples of 16 bits per pixel, and a header: no film of an accepted size is refused by its bytes."""
MIN_SIDE = 16


def check_size(width: int, height: int) -> None:
    """Raise `UnreadableFilm` unless an image of this size (pixels, from its header) may be decoded."""
    if width * height > MAX_PIXELS:
        raise UnreadableFilm(f"{width:,} x {height:,} pixels, more than the limit of {MAX_PIXELS:,} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnreadableFilm(f"{width:,} x {height:,} pixels, less than the {MIN_SIDE} pixels a side that a film needs")
