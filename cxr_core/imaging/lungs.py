"""A simple estimate of the lung fields on a frontal film; not a validated segmentation.

The lungs are taken to be the regions left and right of the spine that are darker than their surroundings, within the
part of the film where lungs usually are. Each side is extended by the mirror image of the other, because opacified lung
and lung behind the heart are not dark. If neither lung is found, an ellipse is used for each.
"""

from functools import lru_cache

import cv2
import numpy as np

from cxr_core.imaging.preprocessing import halved

SIDE = 128
AIR, RISE = 110.0, 60.0  # grey of the equalised film: air beside the body is darker; skin is brighter by more
_MIN_AREA, _MAX_AREA = 0.03, 0.30  # of one lung, as a share of the film


def reduced(pixels: np.ndarray) -> np.ndarray:
    """What the lung fields of a film `uint8 (H, W)` are estimated from, `uint8 (SIDE, SIDE)`; once more, the same."""
    return cv2.resize(halved(pixels), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def lung_fields(pixels: np.ndarray) -> np.ndarray:
    """The estimated lung fields, both lungs, of a frontal film `uint8 (H, W)`, reduced or not: `bool (SIDE, SIDE)`."""
    level = cv2.GaussianBlur(cv2.equalizeHist(reduced(pixels)).astype(np.float32), (0, 0), 2.5)
    dark = (level < _surroundings(level) - 4) & ~_outside(level) & _ellipses(0.21, 0.37)
    middle = _spine(level)
    left, right = _largest(dark, slice(0, middle)), _largest(dark, slice(middle, SIDE))
    lungs = left | right
    return lungs | _mirrored(lungs, middle) if lungs.any() else _ellipses()


def _surroundings(level: np.ndarray) -> np.ndarray:
    """Each cell's surroundings: a Gaussian blur over a fifth of the film, `float32 (SIDE, SIDE)`.

    The kernel is wider than the film, so this is a matrix product. For a large one BLAS starts threads, which then wait
    for the next on every core; sixteen rows at a time are few enough.
    """
    for _ in range(2):  # along the rows, then along the columns
        level = (np.ascontiguousarray(level).reshape(-1, 16, SIDE) @ _blur_of_a_row()).reshape(SIDE, SIDE).T
    return level


@lru_cache(maxsize=1)
def _blur_of_a_row() -> np.ndarray:
    across = round(8 * SIDE / 5 + 1) | 1  # cells, as many as OpenCV takes for floats
    return cv2.GaussianBlur(np.eye(SIDE, dtype=np.float32), (1, across), SIDE / 5).T


def _spine(level: np.ndarray) -> int:
    """The column of the spine: the brightest near the middle."""
    columns = cv2.GaussianBlur(level[SIDE // 6 : SIDE * 2 // 3].mean(axis=0)[None], (0, 0), 3)[0]
    first = int(0.38 * SIDE)
    return first + int(columns[first : int(0.62 * SIDE)].argmax())


def _outside(level: np.ndarray) -> np.ndarray:
    """The air beside the body: in each row from the side edges inwards up to the brighter skin, `bool (SIDE, SIDE)`."""
    air = np.zeros((SIDE, SIDE), bool)
    for rows, found in ((level, air), (level[:, ::-1], air[:, ::-1])):
        brighter = rows > np.minimum(AIR, rows[:, :1] + RISE)
        width = np.where(brighter.any(axis=1), brighter.argmax(axis=1), SIDE)
        found |= np.arange(SIDE) < width[:, None]
    return cv2.dilate(air.astype(np.uint8), np.ones((3, 9), np.uint8)).astype(bool)


def _largest(dark: np.ndarray, columns: slice) -> np.ndarray:
    """The convex hull of the largest dark region within these columns; empty if its area is not that of a lung."""
    side = np.zeros_like(dark)
    side[:, columns] = dark[:, columns]
    cleaned = cv2.morphologyEx(side.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(cleaned, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    lung = np.zeros((SIDE, SIDE), np.uint8)
    if outlines:
        hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
        if _MIN_AREA <= cv2.contourArea(hull) / SIDE**2 <= _MAX_AREA:
            cv2.fillPoly(lung, [hull], (1,))
    return lung.astype(bool)


def _mirrored(lung: np.ndarray, middle: int) -> np.ndarray:
    """The lung fields reflected about the column of the spine."""
    columns = np.arange(SIDE)
    inside = (columns >= 2 * middle - SIDE + 1) & (columns <= 2 * middle)
    other = np.zeros((SIDE, SIDE), bool)
    other[:, inside] = lung[:, 2 * middle - columns[inside]]
    return other


def _ellipses(half_width: float = 0.14, half_height: float = 0.30) -> np.ndarray:
    """An upright ellipse on each side at the usual position of the lung; half axes as shares of SIDE."""
    fields = np.zeros((SIDE, SIDE), np.uint8)
    axes = (int(half_width * SIDE), int(half_height * SIDE))
    for x in (0.28, 0.72):
        cv2.ellipse(fields, (int(x * SIDE), int(0.46 * SIDE)), axes, 0, 0, 360, 1, -1)
    return fields.astype(bool)
