"""A simple estimate of where the lungs are on a frontal film; an estimate, not a segmentation that was validated.

Lungs are the dark regions to the left and right of the middle: dark against their surroundings at the scale of a
chest, within the part of the film where lungs lie. To each side the mirror image of the other is added, since lung that
is white with disease, or lies behind the heart, is not dark; where neither side is found, an ellipse stands for each.
"""

import cv2
import numpy as np

SIDE = 128
_LEAST, _MOST = 0.03, 0.30  # share of the film that one lung takes


def lung_fields(pixels: np.ndarray) -> np.ndarray:
    """The estimated lung fields of a frontal film `uint8 (H, W)`: `bool (SIDE, SIDE)`, both lungs together."""
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    level = cv2.GaussianBlur(cv2.equalizeHist(small).astype(np.float32), (0, 0), 2.5)
    dark = (level < cv2.GaussianBlur(level, (0, 0), SIDE / 5) - 4) & _ellipses(0.21, 0.37)
    middle = _spine(level)
    left, right = _largest(dark, slice(0, middle)), _largest(dark, slice(middle, SIDE))
    found = left | right
    return found | _mirrored(found, middle) if found.any() else _ellipses()


def share_inside(heatmap: np.ndarray, lungs: np.ndarray) -> float | None:
    """The share of the heat `float32 (h, w)` that lies inside `lungs`, `bool (SIDE, SIDE)`; None without heat."""
    heat = np.clip(cv2.resize(heatmap, lungs.shape[::-1], interpolation=cv2.INTER_LINEAR), 0, None)
    total = float(heat.sum())
    return float(heat[lungs].sum()) / total if total > 0 else None


def _spine(level: np.ndarray) -> int:
    """The brightest column near the middle."""
    columns = cv2.GaussianBlur(level[SIDE // 6 : SIDE * 2 // 3].mean(axis=0)[None], (0, 0), 3)[0]
    first = int(0.38 * SIDE)
    return first + int(columns[first : int(0.62 * SIDE)].argmax())


def _largest(dark: np.ndarray, columns: slice) -> np.ndarray:
    """The convex hull of the largest dark region within these columns; nothing if it cannot be a lung."""
    side = np.zeros_like(dark)
    side[:, columns] = dark[:, columns]
    opened = cv2.morphologyEx(side.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    lung = np.zeros((SIDE, SIDE), np.uint8)
    if outlines:
        hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
        if _LEAST <= cv2.contourArea(hull) / SIDE**2 <= _MOST:
            cv2.fillPoly(lung, [hull], (1,))
    return lung.astype(bool)


def _mirrored(lung: np.ndarray, middle: int) -> np.ndarray:
    """A lung reflected about the spine's column."""
    other = np.zeros((SIDE, SIDE), bool)
    rows, columns = np.nonzero(lung)
    there = 2 * middle - columns
    kept = (there >= 0) & (there < SIDE)
    other[rows[kept], there[kept]] = True
    return other


def _ellipses(half_width: float = 0.14, half_height: float = 0.30) -> np.ndarray:
    """An upright ellipse on each side, where lungs lie in these films; half axes as shares of the side."""
    fields = np.zeros((SIDE, SIDE), np.uint8)
    axes = (int(half_width * SIDE), int(half_height * SIDE))
    for x in (0.28, 0.72):
        cv2.ellipse(fields, (int(x * SIDE), int(0.46 * SIDE)), axes, 0, 0, 360, 1, -1)
    return fields.astype(bool)
