"""Augmented views of a film, and how far the probability may vary over them before an answer counts as unstable.

The film is shifted slightly. It is also mirrored if the network was trained with `flip`; other networks never saw the
heart on the right, so their answer for a mirror image says little.
"""

from typing import Any

import cv2
import numpy as np

SHIFT = 0.03  # of the side, about the variation in positioning
SHIFTS = ((1, 1), (-1, -1))  # directions: right and down, left and up
UNSTABLE_SHARE = 0.05  # of the validation films
MIN_SPREAD_LIMIT = 0.10  # in probability
MOST_CLEAR, MARGIN = 0.02, 2  # of `fit_stability`; benchmarks/accuracy/fewer_views.py


def mirrored(inputs: np.ndarray) -> np.ndarray:
    """The mirror images of model inputs `uint8 (N, S, S)`."""
    return inputs[:, :, ::-1]


def shifted(inputs: np.ndarray) -> np.ndarray:
    """Model inputs `uint8 (N, S, S)` shifted by each of SHIFTS, edges repeated: `uint8 (len(SHIFTS) * N, S, S)`."""
    side = inputs.shape[1]
    step = max(1, round(SHIFT * side))
    moves = [np.array([[1, 0, x * step], [0, 1, y * step]], np.float32) for x, y in SHIFTS]
    moved = [
        cv2.warpAffine(film, move, (side, side), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        for move in moves
        for film in inputs
    ]
    return np.stack(moved)


def first_views(inputs: np.ndarray, mirror: bool) -> np.ndarray:
    """Model inputs `uint8 (N, S, S)`, then their mirror images if `mirror`: `uint8 (N or 2 N, S, S)`."""
    return np.concatenate([inputs, mirrored(inputs)]) if mirror else inputs


def all_views(inputs: np.ndarray, mirror: bool) -> np.ndarray:
    """The first views of model inputs `uint8 (N, S, S)`, then their shifts: `uint8 (V * N, S, S)`."""
    return np.concatenate([first_views(inputs, mirror), shifted(inputs)])


def views_in_words(mirror: bool) -> str:
    """How the augmented views differ from the film, for use in sentences."""
    return "mirrored or shifted slightly" if mirror else "shifted slightly"


def spread(probabilities: np.ndarray) -> np.ndarray:
    """Highest minus lowest probability of each film over its views: `float (V, N)` -> `float (N,)` in [0, 1]."""
    result: np.ndarray = np.ptp(probabilities, axis=0)
    return result


def from_the_ends(probabilities: np.ndarray) -> np.ndarray:
    """How far the views of each film are from 0, or from 1 if that is nearer: `float (V, N)` -> `float (N,)`.

    The view that is farthest counts, so that views on both sides of 0.5 are far from both.
    """
    result: np.ndarray = np.minimum(probabilities.max(axis=0), 1 - probabilities.min(axis=0))
    return result


def fit_stability(probabilities: np.ndarray, mirror: bool) -> dict[str, Any]:
    """The card's entry `stability`: the largest spread at which an answer still counts as stable, and who is shifted.

    probabilities: `float (V, N)`, of all views of N films of the validation patients. UNSTABLE_SHARE of them have a
    larger spread than the limit. The limit is at least MIN_SPREAD_LIMIT: answers that hardly vary are stable.
    A film is not shifted if its first views are less than `clear` from 0 or 1. It is at most MOST_CLEAR, and each
    validation film with a larger spread is at least MARGIN times as far.
    mirror: whether the mirror image is one of the views.
    """
    spreads = spread(probabilities)
    limit = max(MIN_SPREAD_LIMIT, float(np.quantile(spreads, 1 - UNSTABLE_SHARE)))
    ends = from_the_ends(probabilities[: 2 if mirror else 1])
    clear = min(MOST_CLEAR, float(ends[spreads > limit].min(initial=1)) / MARGIN)
    image, its = (", its mirror image", " and of its mirror image") if mirror else ("", "")
    views = f"the film{image} and {len(SHIFTS)} shifts by {SHIFT:.0%} of the side"
    return {
        "max_spread": limit,
        "clear": clear,
        "rule": f"The spread of the probability over {views} that {1 - UNSTABLE_SHARE:.0%} of films do not exceed, "
        f"at least {MIN_SPREAD_LIMIT:g}. A film is not shifted if the probability of the film as it is{its} is below "
        f"{clear:.1%} or above {1 - clear:.1%}; films with a larger spread are at least {MARGIN} times as far away.",
        "fitted_on": f"{probabilities.shape[1]} films of the validation patients",
    }
