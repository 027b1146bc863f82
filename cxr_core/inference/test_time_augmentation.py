"""Test-time augmentation: for a borderline film, the mean logit over the film and its augmented views.

Averaging over augmented views: Wang et al. 2019, doi 10.1016/j.neucom.2019.01.103. A film with a probability near 0 or
1 keeps its own logit: each view costs as much as the film itself. Whether its answer is stable is another question, see
`augmented_views.fit_stability`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.inference.augmented_views import all_views, views_in_words
from cxr_core.metrics.calibration import Platt, fit_platt
from cxr_core.models.card import ModelCard

CLEAR = 0.05  # a film with a probability below this, or above 1 minus this, is not borderline


@dataclass(frozen=True)
class TestTimeAugmentation:
    """Which films are averaged over augmented views, and whether the mirror image is one of the views.

    calibration: for the logits of films as they are. clear: a film is borderline if its probability by `calibration`
    is between `clear` and 1 - `clear`; 0.5 for no film.
    """

    calibration: Platt
    mirror: bool
    clear: float = CLEAR

    def borderline(self, logits: np.ndarray) -> np.ndarray:
        """Whether each film is borderline, `bool (N,)`, by its logit `float (N,)` without augmentation."""
        probabilities = self.calibration.probability(logits)
        return (probabilities > self.clear) & (probabilities < 1 - self.clear)

    def combine(self, views: np.ndarray) -> np.ndarray:
        """Logits `float (V, N)` of all views, the films as they are first -> final logits `float (N,)`."""
        result: np.ndarray = np.where(self.borderline(views[0]), views.mean(axis=0), views[0])
        return result

    def logits(self, score: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
        """Final logits `float32 (N,)` of model inputs `uint8 (N, S, S)`; only borderline films are augmented.

        score: model inputs `uint8 (n, S, S)` to their logits `float32 (n,)`.
        """
        logits = score(inputs)
        borderline = self.borderline(logits)
        if borderline.any():
            count = int(borderline.sum())
            augmented = score(all_views(inputs[borderline], self.mirror)[count:]).reshape(-1, count)
            logits[borderline] = np.vstack([logits[borderline], augmented]).mean(axis=0)
        return logits

    def to_dict(self) -> dict[str, Any]:
        """The card's entry `second_look`."""
        return {
            "rule": f"If the film as it is has a probability between {self.clear:.0%} and {1 - self.clear:.0%}, the "
            f"answer is computed from the mean logit of the film as it is and {views_in_words(self.mirror)}.",
            "clear": self.clear,
            "slope": self.calibration.slope,
            "intercept": self.calibration.intercept,
        }


def fit_test_time_augmentation(logits: np.ndarray, labels: np.ndarray, mirror: bool) -> TestTimeAugmentation:
    """Fitted to logits `float (N,)` of validation films as they are and labels `int (N,)`, 1 for pneumonia.

    mirror: whether the network was trained on mirrored films, see `augmented_views`.
    """
    return TestTimeAugmentation(fit_platt(logits, labels), mirror)


def read_test_time_augmentation(card: ModelCard, mirror: bool) -> TestTimeAugmentation:
    """The rule on a model's card; without one, no film is augmented."""
    rule = card.augmentation
    if rule is None:
        return TestTimeAugmentation(Platt(0.0, 0.0), mirror, 0.5)
    return TestTimeAugmentation(Platt(rule.slope, rule.intercept), mirror, rule.clear)
