"""AUROC with DeLong's interval.

DeLong, DeLong and Clarke-Pearson, Biometrics 1988; 44:837-845. Placements from midranks in O(N log N): Sun and Xu,
IEEE Signal Processing Letters 2014; 21:1389-1393. The films are assumed to be independent. Films of one patient are
not; see `bootstrap.clustered_bootstrap`.
"""

import numpy as np
from scipy.stats import norm, rankdata

from cxr_core.metrics.estimate import Estimate, missing
from cxr_core.metrics.scores import Scores

METHOD = "DeLong"


def delong_interval(scores: Scores, level: float = 0.95) -> Estimate:
    """Area under the ROC curve with its interval, clipped to [0, 1]. 0 < level < 1.

    No value if all films have one label. No interval if a class has one film, or if the variance is 0 (perfect
    separation, all scores equal): an interval of width 0 would claim that the value is certain.
    """
    if scores.one_class_reason:
        return missing(METHOD, len(scores), scores.one_class_reason)
    v10, v01 = placements(scores)
    value = float(v10.mean())
    if min(scores.pneumonia, scores.normal) < 2:
        return Estimate(value, None, None, METHOD, len(scores), "One class has one film only; an interval needs two.")
    if np.ptp(v10) == 0 and np.ptp(v01) == 0:
        reason = "All films of a class rank alike, so DeLong's variance is 0 and gives no interval."
        return Estimate(value, None, None, METHOD, len(scores), reason)
    half = norm.ppf((1 + level) / 2) * np.sqrt(variance(v10, v01))
    return Estimate(value, float(max(0.0, value - half)), float(min(1.0, value + half)), METHOD, len(scores))


def placements(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """DeLong's structural components V10 `float64 (n1,)` and V01 `float64 (n0,)`, in [0, 1].

    V10: for each pneumonia film, the share of normal films below it (ties count half). V01: for each normal film, the
    share of pneumonia films above it. The mean of either is the AUROC.
    """
    pneumonia, normal = scores.scores[scores.labels == 1], scores.scores[scores.labels == 0]
    ranks = rankdata(np.concatenate([pneumonia, normal]))
    v10 = (ranks[: len(pneumonia)] - rankdata(pneumonia)) / len(normal)
    v01 = 1 - (ranks[len(pneumonia) :] - rankdata(normal)) / len(pneumonia)
    return v10, v01


def variance(v10: np.ndarray, v01: np.ndarray) -> float:
    """Variance of an AUROC from its placements; of a difference of two AUROCs from the differences of placements."""
    return float(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))
