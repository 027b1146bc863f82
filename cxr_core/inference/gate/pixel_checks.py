"""Checks of a film's pixels without a network: too small, blank, over- or under-exposed, low contrast, blurred.

None of the 5,232 training films of Kermany et al. 2018 is beyond the limits. In the central part of those films at most
17% is black, at most 3% is white, the grey values span at least 35 of 255, and the sharpness is at least -0.37. Their
99.5th percentile, reduced to 96 x 96 pixels, is at least 133. Films at half brightness are below: of 60 normal ones the
released model would call 11 pneumonia.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import cv2
import numpy as np

from cxr_core.imaging.preprocessing import halved
from cxr_core.languages import message, percent

Check = Literal["size", "blank", "exposure", "blur", "frontal", "inverted", "orientation", "cut", "distance"]
MIN_SIDE = 64  # pixels
MIN_DEVIATION = 5.0  # standard deviation of the grey values
MAX_BLACK_SHARE = 0.35
MAX_WHITE_SHARE = 0.25
MIN_GREY_RANGE = 28.0  # from the 2nd to the 98th percentile
MIN_SHARPNESS = -0.5  # the lowest of the synthetic films in the demo set, a recompressed one, is -0.49
MIN_BRIGHTEST = 130.0  # 99.5th percentile of the grey values
DIM, PALE = 160.0, 135.0  # of the training films 1% are dimmer by their 99.5th percentile, 1% paler by their 2nd
_SMALL, _FINE = 96, 160


@dataclass(frozen=True)
class Refusal:
    """Why a film is not read: the check that failed, and the reason in one sentence for the user."""

    check: Check
    reason: str


@dataclass(frozen=True)
class PixelChecks:
    """What the checks of a film found.

    refusal: why no model can read it, or None. notes: warnings for a film that is read although few training films are
    as dim or as pale.
    """

    refusal: Refusal | None
    notes: tuple[str, ...] = ()


def check_pixels(pixels: np.ndarray) -> PixelChecks:
    """The checks of a film `uint8 (H, W)`."""
    height, width = pixels.shape
    if min(height, width) < MIN_SIDE:
        reason = message(
            "The film is {width} x {height} pixels; at least {least} on each side are needed.",
            width=str(width),
            height=str(height),
            least=MIN_SIDE,
        )
        return PixelChecks(Refusal("size", reason))
    pixels = halved(pixels)
    small = cv2.resize(pixels, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    deviation = float(small.std())
    if deviation < MIN_DEVIATION:
        reason = message(
            "The film is blank: the standard deviation of its grey values is only {deviation} of 255.",
            deviation=Decimal(f"{deviation:.1f}"),
        )
        return PixelChecks(Refusal("blank", reason))
    edge = _SMALL // 8
    middle = small[edge:-edge, edge:-edge]
    black, white = float((middle <= 4).mean()), float((middle >= 251).mean())
    if black > MAX_BLACK_SHARE:
        reason = message("The film is too dark: {share} of its central part is black.", share=percent(black))
        return PixelChecks(Refusal("exposure", reason))
    if white > MAX_WHITE_SHARE:
        reason = message("The film is too bright: {share} of its central part is white.", share=percent(white))
        return PixelChecks(Refusal("exposure", reason))
    if (brightest := float(np.percentile(small, 99.5))) < MIN_BRIGHTEST:
        reason = message(
            "The film is too dim: its brightest parts have a grey value of {brightest} of 255. To a model, low "
            "brightness alone can look like pneumonia; export the film with its full grey scale.",
            brightest=round(brightest),
        )
        return PixelChecks(Refusal("exposure", reason))
    low, high = np.percentile(middle, [2, 98])
    if high - low < MIN_GREY_RANGE:
        reason = message(
            "The film has too little contrast: its central part spans {grey} of 255 grey values.",
            grey=round(high - low),
        )
        return PixelChecks(Refusal("exposure", reason))
    if sharpness(pixels) < MIN_SHARPNESS:
        reason = message(
            "The film is blurred, or enlarged from a small image; to a model, blur alone can look like pneumonia."
        )
        return PixelChecks(Refusal("blur", reason))
    return PixelChecks(None, _exposure_notes(brightest, float(low)))


def _exposure_notes(brightest: float, darkest: float) -> tuple[str, ...]:
    if brightest < DIM:
        return (
            message(
                "The film is dim (brightest parts {grey} of 255): the result is less reliable.", grey=round(brightest)
            ),
        )
    if darkest > PALE:
        return (
            message(
                "The film is pale (darkest parts {grey} of 255): the result is less reliable.", grey=round(darkest)
            ),
        )
    return ()


def sharpness(pixels: np.ndarray) -> float:
    """The natural logarithm of the contrast of fine structures over that of coarser ones, for a film `uint8 (H, W)`.

    The two are neighbouring bands of a difference-of-Gaussians pyramid (Burt & Adelson 1983, doi
    10.1109/TCOM.1983.1095851) at 160 x 160 pixels. Blur lowers the finer band first. The ratio hardly depends on
    exposure or on the film's size.
    """
    film = cv2.resize(halved(pixels), (_FINE, _FINE), interpolation=cv2.INTER_AREA).astype(np.float32)
    soft, softer = (cv2.GaussianBlur(film, (0, 0), sigma) for sigma in (1.0, 2.0))
    middle = slice(_FINE // 20, -_FINE // 20)
    fine, coarse = ((a - b)[middle, middle].std() for a, b in ((film, soft), (soft, softer)))
    return float(np.log((fine + 1e-6) / (coarse + 1e-6)))
