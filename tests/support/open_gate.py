"""A gate for synthetic films, and a synthetic film as a `Film`."""

from collections.abc import Sequence

import numpy as np

from cxr_core.imaging.film import Film, Provenance
from cxr_core.inference.gate.gate import Admission
from cxr_core.inference.gate.pixel_checks import check_pixels


class OpenGate:
    """Admits every film that passes the pixel checks; the real gate refuses the simple synthetic films of the tests."""

    def admit(self, films: Sequence[Film]) -> list[Admission]:
        """The result for each film, in order."""
        return [Admission(film, check_pixels(film.pixels).refusal) for film in films]


def film_of(pixels: np.ndarray, name: str = "a.png", colour: bool = False) -> Film:
    """A film with pixels `uint8 (H, W)`."""
    height, width = pixels.shape
    return Film(np.ascontiguousarray(pixels), name, "0" * 64, Provenance("PNG", width, height, 8, colour))
