"""Whether an answer holds when the film is moved a little, or mirrored.

Mirrored only if the network was trained with `flip`: a mirror image shows the heart on the right, as neither patients
nor the films of other fits do, and a network that never saw such may well answer otherwise.
"""

from typing import Any

import cv2
import numpy as np

SHIFT = 0.03  # of the side: as a film lies a little differently on the plate
SHIFTS = ((1, 1), (-1, -1))
UNSTABLE_SHARE = 0.05
LEAST_SPREAD = 0.10


def mirrored(inputs: np.ndarray) -> np.ndarray:
    """Model inputs `uint8 (N, S, S)`, left and right exchanged."""
    return inputs[:, :, ::-1]


def shifted(inputs: np.ndarray) -> np.ndarray:
    """Model inputs `uint8 (N, S, S)` moved by each of SHIFTS, the edge repeated: `uint8 (len(SHIFTS) * N, S, S)`."""
    side = inputs.shape[1]
    step = max(1, round(SHIFT * side))
    moves = [np.array([[1, 0, x * step], [0, 1, y * step]], np.float32) for x, y in SHIFTS]
    moved = [
        cv2.warpAffine(film, move, (side, side), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        for move in moves
        for film in inputs
    ]
    return np.stack(moved)


def views_of(inputs: np.ndarray, mirror: bool) -> np.ndarray:
    """Model inputs `uint8 (N, S, S)`, then their mirror images if wanted, then their shifts: `uint8 (V * N, S, S)`."""
    return np.concatenate([inputs, *([mirrored(inputs)] if mirror else []), shifted(inputs)])


def in_words(mirror: bool) -> str:
    """What is done to a film for its views, for sentences."""
    return "mirrored or moved a little" if mirror else "moved a little"


def spread(probabilities: np.ndarray) -> np.ndarray:
    """Highest less lowest probability of each film over its views, `float (V, N)` -> `float (N,)` in [0, 1]."""
    return np.ptp(probabilities, axis=0)


def fit_stability(probabilities: np.ndarray, mirror: bool) -> dict[str, Any]:
    """From what spread on an answer counts as unstable; for the model's card.

    probabilities: `float (V, N)`, of the views of N films of validation patients. The limit leaves UNSTABLE_SHARE of
    them beyond it, but is never below LEAST_SPREAD: films whose answer hardly moves are not called unstable.
    mirror: whether the mirror image is among the views.
    """
    limit = max(LEAST_SPREAD, float(np.quantile(spread(probabilities), 1 - UNSTABLE_SHARE)))
    views = f"the film{', its mirror image' if mirror else ''} and {len(SHIFTS)} shifts by {SHIFT:.0%} of the side"
    return {
        "max_spread": limit,
        "rule": f"The spread of the probability over {views} that {1 - UNSTABLE_SHARE:.0%} of films keep within, "
        f"at least {LEAST_SPREAD:g}.",
        "fitted_on": f"{probabilities.shape[1]} films of the validation patients",
    }
