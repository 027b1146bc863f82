"""Synthetic opacities like a consolidation: soft-edged, uneven, as bright as soft tissue, at a known position."""

import cv2
import numpy as np


def pasted(film: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A film `uint8 (H, W)` with one opacity in a lung, and the opacity's mask, `bool (H, W)`.

    The opacity is an ellipse with a radius of 8 to 14% of the width, where a lung usually is, with an irregular edge.
    """
    height, width = film.shape
    x = rng.uniform(0.24, 0.36) if rng.random() < 0.5 else rng.uniform(0.66, 0.76)
    y = rng.uniform(0.30, 0.62)
    radius, angle, stretch = rng.uniform(0.08, 0.14) * width, rng.uniform(0, np.pi), rng.uniform(0.7, 1.4)
    rows, columns = np.mgrid[:height, :width]
    right, down = columns - x * width, rows - y * height
    along = (right * np.cos(angle) + down * np.sin(angle)) / (radius * np.sqrt(stretch))
    across = (down * np.cos(angle) - right * np.sin(angle)) / (radius / np.sqrt(stretch))
    away = np.hypot(along, across)
    uneven = cv2.resize(
        rng.normal(0, 0.15, (12, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    density = rng.uniform(0.6, 0.9) / (1 + np.exp(8 * (away - 1 + uneven)))
    tissue = np.percentile(film, 85)
    return np.clip(film + density * np.maximum(tissue - film, 0), 0, 255).astype(np.uint8), away < 1
