"""From a prediction to a verdict, by the user's choice of operating point and error rate and the model's rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.inference.augmented_views import views_in_words
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import percent, probability_in_words
from cxr_core.labels import Verdict
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.models.card import CardDraft, ModelCard

DEFAULT_MAX_SPREAD = 0.25  # for a model whose card has no `stability`


@dataclass(frozen=True)
class Choice:
    """What the user may choose; None stands for the default on the model's card.

    operating_point: "rule_out", "balanced" or "rule_in".
    error_rate: accepted share of the films of each class whose class is excluded: 0.02, 0.05, 0.1 or 0.2.
    """

    operating_point: str | None = None
    error_rate: float | None = None


@dataclass(frozen=True, eq=False)
class Rules:
    """A model's rules for a verdict, from its card.

    thresholds: on the probability, by operating point. limits: conformal limits by error rate.
    max_spread: of the probability over augmented views, in [0, 1]; an answer that varies more may be unstable.
    mirror: whether the mirror image is one of the augmented views.
    """

    thresholds: dict[str, float]
    limits: dict[float, ConformalLimits]
    max_spread: float
    default: Choice
    mirror: bool = False

    @classmethod
    def of(cls, card: ModelCard | CardDraft) -> "Rules":
        """The rules on a model's card."""
        return cls(
            thresholds={name: point.threshold for name, point in card.operating_points.items()},
            limits=dict(card.limits_by_error_rate),
            max_spread=float(card.get("stability", {}).get("max_spread", DEFAULT_MAX_SPREAD)),
            default=Choice(card.operating_point, card.error_rate),
            mirror=bool(card.training.settings.get("flip")),
        )

    def chosen(self, choice: Choice) -> tuple[float, ConformalLimits, float]:
        """Threshold, conformal limits and error rate for a choice. Raises SettingsError if the card has none for it."""
        point = choice.operating_point or self.default.operating_point
        rate = self.default.error_rate if choice.error_rate is None else choice.error_rate
        if point not in self.thresholds:
            raise SettingsError(f"operating point {point!r}: accepted are {', '.join(self.thresholds)}.")
        if rate not in self.limits:
            accepted = ", ".join(f"{known:g}" for known in sorted(self.limits))
            raise SettingsError(f"error rate {rate}: accepted are {accepted}.")
        return self.thresholds[point], self.limits[rate], rate


def decide(prediction: Prediction, rules: Rules, choice: Choice, model: str, version: str) -> Reading:
    """The reading for a prediction, by the model's rules and the user's choice. Costs no computation.

    The verdict is uncertain if neither class can be excluded at the chosen error rate, if the only possible class is
    not the one at the operating point, or if augmented views lie on both sides of the threshold and vary by more than
    `rules.max_spread`.
    Raises SettingsError for a choice that the model's card does not have.
    """
    threshold, limits, rate = rules.chosen(choice)
    about: dict[str, Any] = {
        "file": prediction.file,
        "sha256": prediction.sha256,
        "threshold": threshold,
        "model": model,
        "version": version,
        "seconds": prediction.seconds,
        "prediction": prediction,
    }
    if prediction.refusal or prediction.probability is None or prediction.view_probabilities is None:
        refusal = prediction.refusal
        check, reason = (refusal.check, refusal.reason) if refusal else (None, "The film was not read.")
        reasons = (reason, *prediction.notes)
        return Reading(verdict="not_assessable", probability=None, heatmap=None, check=check, reasons=reasons, **about)
    probability = prediction.probability
    called: Verdict = "pneumonia" if probability >= threshold else "normal"
    views = prediction.view_probabilities
    uncertainties = list(_class_uncertainty(called, limits.answer(probability), rate))
    if views.min() < threshold <= views.max() and np.ptp(views) > rules.max_spread:
        low, high = percent(views.min()), percent(views.max())
        uncertainties.append(
            f"Unstable: the probability varies from {low} to {high} when the film is {views_in_words(rules.mirror)}."
        )
    verdict: Verdict = "uncertain" if uncertainties else called
    words = probability_in_words(probability, verdict).capitalize()
    result = f"{words}: probability {percent(probability)}, threshold {percent(threshold)}."
    averaged = f"Borderline: averaged over the film as it is and {views_in_words(rules.mirror)}."
    return Reading(
        verdict=verdict,
        probability=probability,
        heatmap=prediction.heatmap,
        reasons=(result, *([averaged] if prediction.averaged else []), *uncertainties, *prediction.notes),
        **about,
    )


def _class_uncertainty(called: Verdict, possible: str, rate: float) -> Iterator[str]:
    """A sentence if the class at the operating point is not the only one possible at the error rate.

    possible: "pneumonia", "normal", "both" or "neither", see `ConformalLimits.answer`.
    """
    if possible == "both":
        yield f"Neither class can be excluded at an error rate of {rate:.0%}."
    elif possible not in ("neither", called):
        yield f"The operating point gives {called}, but only {possible} is possible at an error rate of {rate:.0%}."
