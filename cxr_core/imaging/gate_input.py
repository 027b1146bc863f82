"""Film -> input of the gate's network and of its estimate of ages, the same in training and in inference."""

import cv2
import numpy as np

SIDE = 80
AGE_CELLS = 20  # on each side


def gate_input(pixels: np.ndarray) -> np.ndarray:
    """`uint8 (H, W)` -> `uint8 (SIDE, SIDE)`: resized to a square, grey values stretched to the full range."""
    smaller = min(pixels.shape) >= SIDE
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return stretched_greys(small)


def stretched_greys(small: np.ndarray) -> np.ndarray:
    """Grey values `uint8` with their 1st and 99th percentile moved to 0 and 255, which removes exposure."""
    low, high = np.percentile(small, [1, 99])
    values = (small.astype(np.float32) - low) * (255 / max(high - low, 1.0))
    result: np.ndarray = np.clip(values, 0, 255).astype(np.uint8)
    return result


def age_inputs(inputs: np.ndarray, features: np.ndarray) -> np.ndarray:
    """What ages are estimated from, `float64 (N, 400 + C)`: cells of the film in [0, 1], then features.

    inputs: of the gate's network, `uint8 (N, SIDE, SIDE)`. features: its features of them, `float (N, C)`.
    """
    step = SIDE // AGE_CELLS
    cells = inputs.reshape(-1, AGE_CELLS, step, AGE_CELLS, step).mean(axis=(2, 4)) / 255
    return np.concatenate([cells.reshape(len(inputs), -1), features], axis=1)
