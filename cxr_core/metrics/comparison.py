"""Statistical tests of two systems on the same films: paired DeLong and McNemar."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest, norm

from cxr_core.errors import DataSetError
from cxr_core.metrics.delong import placements, variance
from cxr_core.metrics.estimate import Estimate, missing
from cxr_core.metrics.scores import Scores


@dataclass(frozen=True)
class Difference:
    """AUROC of a minus AUROC of b, and the two-sided p-value of no difference (None where it is undefined)."""

    auroc: Estimate
    p_value: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        return {"auroc": self.auroc.to_dict(), "p_value": self.p_value}


@dataclass(frozen=True)
class McNemar:
    """Numbers of films that both, one or neither system called correctly, and the exact two-sided p-value."""

    both_right: int
    only_a_right: int
    only_b_right: int
    both_wrong: int
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def delong_paired(a: Scores, b: Scores, level: float = 0.95) -> Difference:
    """Difference of two AUROCs on the same films (DeLong et al. 1988; the films are assumed to be independent).

    Raises DataSetError unless both hold the same films in the same order.
    """
    method = "DeLong, paired"
    _require_same_films(a, b)
    if a.one_class_reason:
        return Difference(missing(method, len(a), a.one_class_reason), None)
    (v10_a, v01_a), (v10_b, v01_b) = placements(a), placements(b)
    v10, v01 = v10_a - v10_b, v01_a - v01_b
    value = float(v10.mean())
    if min(a.pneumonia, a.normal) < 2:
        reason = "One class has one film only; an interval needs two."
        return Difference(Estimate(value, None, None, method, len(a), reason), None)
    # Placements are ratios of whole and half numbers: a spread below this is rounding error.
    if max(np.ptp(v10), np.ptp(v01)) < 1e-12:
        reason = "The two systems rank all films alike or differ equally for all, so DeLong's variance is 0."
        return Difference(Estimate(value, None, None, method, len(a), reason), 1.0 if abs(value) < 1e-12 else None)
    error = np.sqrt(variance(v10, v01))
    half = norm.ppf((1 + level) / 2) * error
    difference = Estimate(value, float(value - half), float(value + half), method, len(a))
    return Difference(difference, float(2 * norm.sf(abs(value) / error)))


def mcnemar(right_a: np.ndarray, right_b: np.ndarray) -> McNemar:
    """Exact binomial test on the films where one was right and the other wrong (McNemar, Psychometrika 1947; 12:153).

    right_a, right_b: `bool (N,)`, whether each system called each film as it is labelled; N >= 1.
    Without such films the p-value is 1. Raises DataSetError if the shapes differ.
    """
    a, b = np.asarray(right_a, dtype=bool), np.asarray(right_b, dtype=bool)
    if a.shape != b.shape or a.ndim != 1:
        raise DataSetError(f"comparison: the arrays have shapes {a.shape} and {b.shape}; the same films are needed.")
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return McNemar(int(np.sum(a & b)), only_a, only_b, int(np.sum(~a & ~b)), p_value)


def _require_same_films(a: Scores, b: Scores) -> None:
    same = len(a) == len(b) and np.array_equal(a.labels, b.labels)
    if same and a.files is not None and b.files is not None:
        same = np.array_equal(a.files, b.files)
    if not same:
        raise DataSetError(
            "comparison: the two systems have different films or labels; the same, in the same order, are needed."
        )
