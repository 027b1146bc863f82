"""The outline of a film's heatmap, its overlay on the film, and its share inside the lungs."""

import cv2
import numpy as np

OUTLINE_STEPS = 16  # a cell


def outline(heatmap: np.ndarray) -> list[np.ndarray]:
    """The contour at half of the highest cell: closed lines, `float32 (K, 2)`, x and y in parts of the sides.

    heatmap: `float32 (h, w)` in [0, 1]. Empty without heat.
    """
    if not heatmap.max() > 0:
        return []
    height, width = (side * OUTLINE_STEPS for side in heatmap.shape)
    large = cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_CUBIC)
    hot = (large >= heatmap.max() / 2).astype(np.uint8)
    lines, _ = cv2.findContours(hot, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    return [(line[:, 0] + 0.5).astype(np.float32) / (width, height) for line in lines if len(line) > 2]


def overlay(pixels: np.ndarray, heatmap: np.ndarray, opacity: float) -> np.ndarray:
    """The heatmap laid over the film.

    pixels: `uint8 (H, W)`. heatmap: `float32 (h, w)` in [0, 1]. opacity: of a heat of 1, in [0, 1].
    Returns `uint8 (H, W, 3)` RGB. Lightness rises with heat (colour map inferno), so that it is readable without colour
    vision. Pixels without heat are unchanged.
    """
    height, width = pixels.shape
    heat = np.clip(cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    weight = (opacity * heat)[..., None]
    result: np.ndarray = (pixels[..., None] * (1 - weight) + colours * weight).round().astype(np.uint8)
    return result


def share_inside(heatmap: np.ndarray, lungs: np.ndarray) -> float | None:
    """The share, in [0, 1], of a heatmap `float32 (h, w)` inside `lungs`, `bool (H, W)`; None without heat."""
    heat = np.clip(cv2.resize(heatmap, lungs.shape[::-1], interpolation=cv2.INTER_LINEAR), 0, None)
    total = float(heat.sum())
    return float(heat[lungs].sum()) / total if total > 0 else None
