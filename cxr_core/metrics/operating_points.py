"""How the thresholds of the operating points are chosen: rule out, balanced and rule in."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.errors import DataSetError
from cxr_core.metrics.estimate import Estimate, wilson
from cxr_core.metrics.scores import Scores

RULE_OUT_SENSITIVITY = 0.97
RULE_IN_SPECIFICITY = 0.95
ROUNDING = 1e-12  # equal sums of rates may differ by less than this


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, the rule that chose it, and its estimates on the films it was chosen on (these are optimistic).

    threshold: a film is called pneumonia when its score >= threshold. In [0, 1], or the next number above 1 if
    not even a score of 1 may be called pneumonia.
    """

    threshold: float
    rule: str
    sensitivity: Estimate
    specificity: Estimate

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        return {
            "threshold": self.threshold,
            "rule": self.rule,
            "sensitivity": self.sensitivity.to_dict(),
            "specificity": self.specificity.to_dict(),
        }


def choose_operating_points(scores: Scores) -> dict[str, OperatingPoint]:
    """`rule_out`, `balanced` and `rule_in`, with Wilson intervals.

    Use validation patients only: films that were not trained on and will not be tested on.
    `balanced`: the maximum of Youden's J (Cancer 1950; 3:32-35) is flat, so that a few films decide where it lies. All
    thresholds with J within one standard error of the best are equally good on these films (Breiman et al.,
    Classification and Regression Trees 1984, section 3.4.3). The highest of them is taken, because specificity is what
    drops first on films of another time or hospital. If the network separates the classes so well that the rules would
    cross, `rule_out` is not above `balanced` and `rule_in` not below it. Raises DataSetError if all films have one
    label.
    """
    if scores.one_class_reason:
        raise DataSetError(scores.one_class_reason, thing="operating points")
    thresholds, true_positives, true_negatives = _candidates(scores)
    sensitivity, specificity = true_positives / scores.pneumonia, true_negatives / scores.normal
    youden = sensitivity + specificity
    best = np.argmax(youden)
    variances = [
        (rate[best] * (1 - rate[best])) / n
        for rate, n in ((sensitivity, scores.pneumonia), (specificity, scores.normal))
    ]
    enough = youden >= youden[best] - np.sqrt(sum(variances)) - ROUNDING
    balanced = np.flatnonzero(enough)[-1]
    chosen = {
        "rule_out": (
            min(np.flatnonzero(sensitivity >= RULE_OUT_SENSITIVITY)[-1], balanced),
            f"The highest threshold with a sensitivity of at least {RULE_OUT_SENSITIVITY}, not above the balanced one.",
        ),
        "balanced": (
            balanced,
            "The highest threshold at which the sum of sensitivity and specificity (Youden) is within one standard "
            "error of the best.",
        ),
        "rule_in": (
            max(np.flatnonzero(specificity >= RULE_IN_SPECIFICITY)[0], balanced),
            f"The lowest threshold with a specificity of at least {RULE_IN_SPECIFICITY}, not below the balanced one.",
        ),
    }
    return {
        name: OperatingPoint(
            threshold=float(thresholds[index]),
            rule=rule,
            sensitivity=wilson(int(true_positives[index]), scores.pneumonia),
            specificity=wilson(int(true_negatives[index]), scores.normal),
        )
        for name, (index, rule) in chosen.items()
    }


def thresholds_of(scores: Scores) -> np.ndarray:
    """Every threshold that calls the films differently, rising; see `_candidates`."""
    return _candidates(scores)[0]


def _candidates(scores: Scores) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All thresholds that differ in the films they call, rising, with their true positives and true negatives.

    A threshold lies midway between two neighbouring scores, so that it does not depend on a single film. The first
    calls all films pneumonia, the last none.
    """
    values, index = np.unique(scores.scores, return_inverse=True)
    films = np.bincount(index)
    pneumonia = np.bincount(index, weights=scores.labels).astype(np.int64)
    called_normal = np.concatenate([[0], np.cumsum(films)])
    missed = np.concatenate([[0], np.cumsum(pneumonia)])

    lower, upper = np.concatenate([[0.0], values]), np.concatenate([values, [1.0]])
    thresholds = (lower + upper) / 2
    # Between two neighbouring floating point numbers there is no midpoint; the upper one separates them as well.
    thresholds[1:] = np.where(thresholds[1:] > lower[1:], thresholds[1:], upper[1:])
    if values[-1] == 1.0:
        thresholds[-1] = np.nextafter(1.0, 2.0)
    return thresholds, scores.pneumonia - missed, called_normal - missed
