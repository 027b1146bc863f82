"""AUROC with DeLong's interval.

DeLong, DeLong and Clarke-Pearson, Biometrics 1988; 44:837-845. Placements from midranks in O(N log N): Sun and Xu,
IEEE Signal Processing Letters 2014; 21:1389-1393. It takes the films as independent; films of one patient are not, see
`bootstrap.clustered_bootstrap`.
"""

import numpy as np
from scipy.stats import norm, rankdata

from cxr_core.metrics.estimate import Estimate, missing
from cxr_core.metrics.scores import Scores

METHOD = "DeLong"


def delong_interval(scores: Scores, level: float = 0.95) -> Estimate:
    """Area under the ROC curve with its interval, cut off at 0 and 1. 0 < level < 1.

    No value if all films have one label. No interval if a class has one film, or if the variance is 0 (perfect
    separation, all scores equal): a width of 0 would say that the value is certain.
    """
    if scores.one_class:
        return missing(METHOD, len(scores), scores.one_class)
    over_normal, over_pneumonia = placements(scores)
    value = float(over_normal.mean())
    if min(scores.pneumonia, scores.normal) < 2:
        return Estimate(value, None, None, METHOD, len(scores), "One class has one film only; an interval needs two.")
    if np.ptp(over_normal) == 0 and np.ptp(over_pneumonia) == 0:
        why = "All films of a class rank alike, so DeLong's variance is 0 and gives no interval."
        return Estimate(value, None, None, METHOD, len(scores), why)
    half = norm.ppf((1 + level) / 2) * np.sqrt(variance(over_normal, over_pneumonia))
    return Estimate(value, float(max(0.0, value - half)), float(min(1.0, value + half)), METHOD, len(scores))


def placements(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """DeLong's structural components V10 `float64 (n1,)` and V01 `float64 (n0,)`, in [0, 1].

    V10: for each pneumonia film, the share of normal films below it (ties count half). V01: for each normal film, the
    share of pneumonia films above it. The mean of either is the AUROC.
    """
    pneumonia, normal = scores.scores[scores.labels == 1], scores.scores[scores.labels == 0]
    ranks = rankdata(np.concatenate([pneumonia, normal]))
    over_normal = (ranks[: len(pneumonia)] - rankdata(pneumonia)) / len(normal)
    over_pneumonia = 1 - (ranks[len(pneumonia) :] - rankdata(normal)) / len(pneumonia)
    return over_normal, over_pneumonia


def variance(over_normal: np.ndarray, over_pneumonia: np.ndarray) -> float:
    """Variance of the AUROC, or of a difference of two from the differences of their placements."""
    return float(over_normal.var(ddof=1) / len(over_normal) + over_pneumonia.var(ddof=1) / len(over_pneumonia))
