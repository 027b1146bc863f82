"""Statistical tests of two systems on the same films: paired DeLong and McNemar, by patient.

Films of one patient are not independent. With one film a patient both are the tests as they were published.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from cxr_core.errors import DataSetError
from cxr_core.metrics.delong import placements
from cxr_core.metrics.estimate import Estimate, missing
from cxr_core.metrics.scores import Scores

METHOD = "DeLong, paired, by patient"


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
    """Difference of two AUROCs on the same films (DeLong et al. 1988), its variance by patient (Obuchowski 1997).

    Raises DataSetError unless both hold the same films in the same order.
    """
    method = METHOD
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
    error = np.sqrt(variance_by_patient(v10, v01, a.labels, a.patients))
    if not error > 0:
        reason = "A class has films of one patient only; an interval needs several patients."
        return Difference(Estimate(value, None, None, method, len(a), reason), None)
    half = norm.ppf((1 + level) / 2) * error
    difference = Estimate(value, float(value - half), float(value + half), method, len(a))
    return Difference(difference, float(2 * norm.sf(abs(value) / error)))


def variance_by_patient(v10: np.ndarray, v01: np.ndarray, labels: np.ndarray, patients: np.ndarray) -> float:
    """Variance of an AUROC, or of a difference of two, from placements, where patients are independent, not films.

    Obuchowski, Biometrics 1997; 53:567-578. v10, v01: placements, see `delong.placements`, or their differences, of the
    films with label 1 and 0, in their order. labels: `int (N,)`. patients: `str (N,)`. 0 with one patient of a class.
    """
    value, patient = v10.mean(), np.unique(patients, return_inverse=True)[1]
    count = patient.max() + 1
    sums = []
    for placed, label in ((v10, 1), (v01, 0)):
        of_patient = patient[labels == label]
        sums.append(np.bincount(of_patient, placed - value, count) / len(placed))
    with_pneumonia, normal = (len(np.unique(patient[labels == label])) for label in (1, 0))
    if min(with_pneumonia, normal) < 2:
        return 0.0
    parts = [n / (n - 1) * float(one @ one) for n, one in ((with_pneumonia, sums[0]), (normal, sums[1]))]
    return float(sum(parts) + 2 * count / (count - 1) * float(sums[0] @ sums[1]))


def mcnemar(right_a: np.ndarray, right_b: np.ndarray, patients: np.ndarray) -> McNemar:
    """Exact test on the films where one was right and the other wrong (McNemar, Psychometrika 1947; 12:153).

    right_a, right_b: `bool (N,)`, whether each system called each film as it is labelled; N >= 1. patients: `(N,)`.
    Without a difference, each patient's films are as likely to favour either system: the p-value is the share of all
    ways to swap the systems, whole patients at a time, in which they differ by as many films or more. With one film a
    patient that is the binomial test. Without such films the p-value is 1. Raises DataSetError if the shapes differ.
    """
    a, b = np.asarray(right_a, dtype=bool), np.asarray(right_b, dtype=bool)
    if a.shape != b.shape or a.ndim != 1 or np.shape(patients) != a.shape:
        raise DataSetError(
            f"the arrays have shapes {a.shape} and {b.shape}", thing="comparison", accepted="the same films are needed"
        )
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    more = np.bincount(np.unique(patients, return_inverse=True)[1], a.astype(float) - b).astype(int)
    return McNemar(
        int(np.sum(a & b)), only_a, only_b, int(np.sum(~a & ~b)), _swapped(np.abs(more[more != 0]), more.sum())
    )


def _swapped(sizes: np.ndarray, observed: int) -> float:
    """The probability that the sum of these numbers, each with a random sign, is as far from 0 as `observed`."""
    total = int(sizes.sum())
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for size in sizes:
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2  # what is rolled over the edge is 0
    return min(1.0, float(chances[np.abs(np.arange(-total, total + 1)) >= abs(observed)].sum()))


def _require_same_films(a: Scores, b: Scores) -> None:
    same = len(a) == len(b) and np.array_equal(a.labels, b.labels)
    if same and a.files is not None and b.files is not None:
        same = np.array_equal(a.files, b.files)
    if not same:
        raise DataSetError(
            "the two systems have different films or labels",
            thing="comparison",
            accepted="the same, in the same order, are needed",
        )
