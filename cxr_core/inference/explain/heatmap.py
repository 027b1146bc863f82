"""The heatmap of a film, from the local evidence for pneumonia, and its overlay on the film."""

import cv2
import numpy as np

OUTLINE_STEPS = 16  # a cell


def heatmap_of(evidence: np.ndarray, mirrored: np.ndarray, reference: float) -> np.ndarray:
    """The heatmap of one film.

    evidence, mirrored: `float32 (h, w)`, log-likelihood ratios of the film and of its mirror image, in natural units,
        see `local_evidence`.
    reference: > 0, the reference evidence: the maximum ratio on a typical film with pneumonia.
    Returns `float32 (h, w)` in [0, 1]: the mean evidence of both, 0 where it favours normal, divided by its maximum or
    by `reference`, whichever is larger, so that a film with little evidence shows little heat.
    """
    heat = np.maximum((evidence + mirrored[:, ::-1]) / 2, 0)
    result: np.ndarray = (heat / max(float(heat.max()), reference)).astype(np.float32)
    return result


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
