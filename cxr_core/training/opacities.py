"""Synthetic opacities for training: a focal consolidation where a normal film had none.

Without them a network learns this data set's diffuse differences between its normal and its pneumonia films, and
hardly looks at a single opacity. In the spirit of foreign patch interpolation (Tan et al. 2022, arXiv:2011.04197): what
is pasted is learnt as the disease. `benchmarks/opacities.py` draws others, made in another way, to measure with.
"""

import cv2
import numpy as np


def with_opacity(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A film `uint8 (S, S)` with one opacity in the place of a lung, as a new array.

    One to three soft lobes, mottled, that lift what is darker towards the grey of soft tissue.
    """
    side = len(film)
    x = rng.uniform(0.18, 0.42) if rng.random() < 0.5 else rng.uniform(0.58, 0.82)
    y = rng.uniform(0.22, 0.72)
    radius = rng.uniform(0.05, 0.15)
    steps = (np.arange(side, dtype=np.float32) + 0.5) / side
    clear = np.ones((side, side), np.float32)
    for _ in range(rng.integers(1, 4)):
        wide, high = radius * rng.uniform(0.6, 1.4, 2)
        across = (steps - x - rng.normal(0, radius / 2)) / wide
        down = (steps - y - rng.normal(0, radius / 2)) / high
        clear *= 1 - np.exp(-((across[None] ** 2 + down[:, None] ** 2) ** rng.uniform(0.8, 2.5)))
    mottle = cv2.resize(rng.uniform(0.6, 1, (16, 16)).astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    density = rng.uniform(0.4, 0.95) * (1 - clear) * mottle
    tissue = np.percentile(film, rng.uniform(75, 95))
    return (film + density * np.maximum(tissue - film, 0)).astype(np.uint8)
