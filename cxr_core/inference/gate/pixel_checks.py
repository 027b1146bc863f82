"""What can be said of a film's pixels before any network looks: too small, blank, over- or under-exposed, blurred.

The limits lie beyond all 5,232 training films of Kermany et al. 2018: of those, in the middle of the film, at most 17%
is plain black, at most 3% plain white, the grey values span at least 36 of 255, and the detail is at least -0.37.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Check = Literal["size", "blank", "exposure", "blur", "frontal", "inverted", "orientation", "cut", "distance"]
MIN_SIDE = 64
MIN_CONTRAST = 5.0
MOST_BLACK = 0.35
MOST_WHITE = 0.25
LEAST_RANGE = 28.0
LEAST_DETAIL = -0.5  # the least of the drawn films in the demo set, a recompressed one, is -0.49
_SMALL, _FINE = 96, 160


@dataclass(frozen=True)
class Refusal:
    """Why a film is not read: the check that failed, and one sentence for the user."""

    check: Check
    sentence: str


def check_pixels(pixels: np.ndarray) -> Refusal | None:
    """Why grey pixels `uint8 (H, W)` cannot be read at all, or None."""
    height, width = pixels.shape
    if min(height, width) < MIN_SIDE:
        return Refusal("size", f"The film is {width} x {height} pixels; at least {MIN_SIDE} on each side are needed.")
    small = cv2.resize(pixels, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    spread = float(small.std())
    if spread < MIN_CONTRAST:
        return Refusal("blank", f"The film is blank: its grey values spread by only {spread:.1f} of 255.")
    edge = _SMALL // 8
    middle = small[edge:-edge, edge:-edge]
    black, white = float((middle <= 4).mean()), float((middle >= 251).mean())
    if black > MOST_BLACK:
        return Refusal("exposure", f"The film is too dark: {black:.0%} of its middle is plain black.")
    if white > MOST_WHITE:
        return Refusal("exposure", f"The film is too bright: {white:.0%} of its middle is plain white.")
    low, high = np.percentile(middle, [2, 98])
    if high - low < LEAST_RANGE:
        words = f"The film has too little contrast: its middle spans {high - low:.0f} of 255 grey values."
        return Refusal("exposure", words)
    if detail(pixels) < LEAST_DETAIL:
        words = "The film is blurred, or enlarged from a small one: blur alone can look like pneumonia to a model."
        return Refusal("blur", words)
    return None


def detail(pixels: np.ndarray) -> float:
    """How sharp a film `uint8 (H, W)` is: the logarithm of its fine structures' contrast over that of coarser ones.

    Two neighbouring bands of a difference-of-Gaussians pyramid (Burt & Adelson 1983, doi 10.1109/TCOM.1983.1095851) at
    160 x 160 pixels, so that neither exposure nor the film's size counts; blur takes from the finer band first.
    """
    film = cv2.resize(pixels, (_FINE, _FINE), interpolation=cv2.INTER_AREA).astype(np.float32)
    soft, softer = (cv2.GaussianBlur(film, (0, 0), sigma) for sigma in (1.0, 2.0))
    middle = slice(_FINE // 20, -_FINE // 20)
    fine, coarse = ((a - b)[middle, middle].std() for a, b in ((film, soft), (soft, softer)))
    return float(np.log((fine + 1e-6) / (coarse + 1e-6)))
