"""The second look: what is not clear at first is answered by the mean over the film and its other views.

Averaging over views is test-time augmentation (Wang et al. 2019, doi 10.1016/j.neucom.2019.01.103). A film that is
clear at first stays as it is: its views would not change the answer, and would cost as much again each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.inference.augmented_views import in_words, views_of
from cxr_core.metrics.calibration import Platt, fit_platt

CLEAR = 0.05  # a first probability below this, or above 1 less this


@dataclass(frozen=True)
class TestTimeAugmentation:
    """Which films are looked at again, and whether mirrored too.

    first: calibrates the logits of films as they are. clear: a film with such a probability between `clear` and
    1 - `clear` is looked at again; 0.5 for none.
    """

    first: Platt
    mirror: bool
    clear: float = CLEAR

    def unclear(self, logits: np.ndarray) -> np.ndarray:
        """Whether each film, by its logit `(N,)` as it is, is to be looked at again: `bool (N,)`."""
        probabilities = self.first.probability(logits)
        return (probabilities > self.clear) & (probabilities < 1 - self.clear)

    def settle(self, views: np.ndarray) -> np.ndarray:
        """Logits `(V, N)` of the films' views, the film as it is first -> logits `(N,)` that answers are made of."""
        return np.where(self.unclear(views[0]), views.mean(axis=0), views[0])

    def logits(self, score: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
        """The logits `float32 (N,)` that answers are made of; only unclear films are scored in their other views.

        score: inputs `uint8 (n, S, S)` to their logits `float32 (n,)` as they are.
        """
        found = score(inputs)
        again = self.unclear(found)
        if again.any():
            count = int(again.sum())
            others = score(views_of(inputs[again], self.mirror)[count:]).reshape(-1, count)
            found[again] = np.vstack([found[again], others]).mean(axis=0)
        return found

    def to_dict(self) -> dict[str, Any]:
        """For the model's card."""
        return {
            "rule": f"Where the film as it is has a probability between {self.clear:.0%} and {1 - self.clear:.0%}, the "
            f"answer is made of the mean logit of the film as it is and {in_words(self.mirror)}.",
            "clear": self.clear,
            "slope": self.first.slope,
            "intercept": self.first.intercept,
        }


def fit_test_time_augmentation(logits: np.ndarray, labels: np.ndarray, mirror: bool) -> TestTimeAugmentation:
    """From logits `(N,)` of validation films as they are and their labels (1 for pneumonia).

    mirror: whether the network was trained on mirrored films, see `stability`.
    """
    return TestTimeAugmentation(fit_platt(logits, labels), mirror)


def read_test_time_augmentation(card: dict[str, Any], mirror: bool) -> TestTimeAugmentation:
    """What a model's card says of it; where it says nothing, every answer is made of the film as it is."""
    said = card.get("second_look", {"slope": 0.0, "intercept": 0.0, "clear": 0.5})
    return TestTimeAugmentation(Platt(said["slope"], said["intercept"]), mirror, said["clear"])
