"""How well heat agrees with what radiologists marked: the pointing game, and the share of the heat inside.

The pointing game: Zhang et al. 2018 (doi 10.1007/s11263-017-1059-x), with the centre of the hottest cell as the point.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from cxr_core.datasets.boxes import mask_of

_FINE = 448  # side of the grid on which the cover of cells by boxes is counted


def hottest_in_box(heat: np.ndarray, boxes: np.ndarray) -> bool:
    """Whether the centre of the hottest cell lies in a box; no heat at all is a miss.

    heat: `float32 (h, w)`, not negative. boxes: `float32 (K, 4)`, x, y, width, height in parts of the sides.
    """
    if not heat.max() > 0:
        return False
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    x, y = (column + 0.5) / heat.shape[1], (row + 0.5) / heat.shape[0]
    return any(left <= x <= left + width and top <= y <= top + height for left, top, width, height in boxes)


def share_in_boxes(heat: np.ndarray, boxes: np.ndarray) -> tuple[float | None, float]:
    """The share of the heat inside the boxes, None without heat; and the share of the area that they cover."""
    fine = mask_of(boxes, _FINE).astype(np.float32) / 255
    cover = cv2.resize(fine, heat.shape[::-1], interpolation=cv2.INTER_AREA)
    total = float(heat.sum())
    return (float((heat * cover).sum()) / total if total > 0 else None), float(fine.mean())


def localisation(heats: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> dict[str, float]:
    """Over films with boxes: `pointing` (share with the hottest place in a box), `chance` (mean area of the boxes),
    `heat_in_boxes` (mean share of the heat), `heat_over_area` (that over the area) and `films`. A film without heat
    counts as a miss, with none of its heat inside.
    """
    hits = [hottest_in_box(heat, those) for heat, those in zip(heats, boxes, strict=True)]
    shares = [share_in_boxes(heat, those) for heat, those in zip(heats, boxes, strict=True)]
    inside = float(np.mean([share or 0.0 for share, _ in shares]))
    area = float(np.mean([area for _, area in shares]))
    return {
        "films": float(len(hits)),
        "pointing": float(np.mean(hits)),
        "chance": area,
        "heat_in_boxes": inside,
        "heat_over_area": inside / area,
    }
