"""The heatmap of a film, from the evidence at each place of it, and its overlay."""

import cv2
import numpy as np


def heatmap_of(evidence: np.ndarray, mirrored: np.ndarray, strong: float) -> np.ndarray:
    """The heatmap of one film.

    evidence, mirrored: `float32 (h, w)`, log-likelihood ratios of the film and of its mirror image, see
    `local_evidence`. strong: the ratio at the strongest place of a usual film of pneumonia.
    Returns `float32 (h, w)` in [0, 1]: 0 where normal is likelier; 1 at the strongest place, less where that falls
    short of `strong`, so that a film with little evidence shows little heat.
    """
    heat = np.maximum((evidence + mirrored[:, ::-1]) / 2, 0)
    return (heat / max(float(heat.max()), strong)).astype(np.float32)


def overlay(pixels: np.ndarray, heatmap: np.ndarray, opacity: float) -> np.ndarray:
    """The heatmap over the film.

    pixels: `uint8 (H, W)`. heatmap: `float32 (h, w)` in [0, 1]. opacity: of the strongest place, 0 to 1.
    Returns `uint8 (H, W, 3)` RGB. The colours (inferno) rise in lightness, so that they read without colour vision;
    where there is no evidence the film shows unchanged.
    """
    height, width = pixels.shape
    heat = np.clip(cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    weight = (opacity * heat)[..., None]
    return (pixels[..., None] * (1 - weight) + colours * weight).round().astype(np.uint8)
