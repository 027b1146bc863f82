"""Thresholds that are chosen by a rule, on films that were not trained on and will not be tested on."""

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
    """A threshold, the rule that chose it, and what it reached on the films it was chosen on (so: optimistic).

    threshold: a film is called pneumonia when its score >= threshold. In [0, 1], or the next number above 1 where
    not even a score of 1 may be called.
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

    Choose on validation patients only. `balanced`: Youden's J (Cancer 1950; 3:32-35) has a flat top, on which a few
    films decide; of the thresholds that these films cannot tell from the best, J within one standard error of it
    (Breiman et al., Classification and Regression Trees 1984, section 3.4.3), the highest is taken: what fails first on
    films of another time or hospital is specificity. Where the network divides the classes so well that the rules would
    cross, `rule_out` is not above `balanced`, nor `rule_in` below it. Raises DataSetError if all films have one label.
    """
    if scores.one_class:
        raise DataSetError(f"operating points: {scores.one_class}")
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
            threshold=float(thresholds[place]),
            rule=rule,
            sensitivity=wilson(int(true_positives[place]), scores.pneumonia),
            specificity=wilson(int(true_negatives[place]), scores.normal),
        )
        for name, (place, rule) in chosen.items()
    }


def _candidates(scores: Scores) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every threshold that calls the films differently, rising, with its true positives and true negatives.

    A threshold lies midway between two neighbouring scores, so that it does not hinge on one film; the first calls
    all films pneumonia, the last none.
    """
    values, place = np.unique(scores.scores, return_inverse=True)
    films = np.bincount(place)
    pneumonia = np.bincount(place, weights=scores.labels).astype(np.int64)
    called_normal = np.concatenate([[0], np.cumsum(films)])
    missed = np.concatenate([[0], np.cumsum(pneumonia)])

    lower, upper = np.concatenate([[0.0], values]), np.concatenate([values, [1.0]])
    thresholds = (lower + upper) / 2
    # Between two neighbouring floating point numbers there is no middle; the upper one divides them as well.
    thresholds[1:] = np.where(thresholds[1:] > lower[1:], thresholds[1:], upper[1:])
    if values[-1] == 1.0:
        thresholds[-1] = np.nextafter(1.0, 2.0)
    return thresholds, scores.pneumonia - missed, called_normal - missed
