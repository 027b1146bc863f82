"""From a prediction to a verdict, by the user's choice of operating point and error rate and the model's rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from cxr_core.errors import SettingsError, not_one_of
from cxr_core.inference.number import NORMAL_TO, PNEUMONIA_FROM, number_text, of_100, result_sentence
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.labels import CLASSES, PNEUMONIA, Verdict
from cxr_core.languages import message, percent
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.metrics.prevalence import (
    DEFAULT_PREVALENCE,
    LEAST_PREVALENCE,
    MOST_PREVALENCE,
    probability_at_prevalence,
)
from cxr_core.models.card import ModelCard
from cxr_core.models.site_profile import SiteProfile

T = TypeVar("T")
DEFAULT_MAX_SPREAD = 0.25  # for a model whose card has no `stability`
UNKNOWN_PREVALENCE = 0.5  # among the validation films, for a card that does not say it


@dataclass(frozen=True)
class Choice:
    """What the user may choose; None stands for the default on the model's card.

    operating_point: "rule_out", "balanced" or "rule_in".
    error_rate: accepted share of the films of each class whose class is excluded: 0.02, 0.05, 0.1 or 0.2.
    prevalence: share of films with pneumonia where the model is used, 0.02 to 0.8.
    """

    operating_point: str | None = None
    error_rate: float | None = None
    prevalence: float | None = None


@dataclass(frozen=True, eq=False)
class Rules:
    """A model's rules for a verdict, from its card.

    thresholds: on the probability, by operating point. limits: conformal limits by error rate.
    max_spread: of the probability over augmented views, in [0, 1]; an answer that varies more may be unstable.
    other_to: the probability up to which a film may as well show another disease; 0 if that is not known.
    mirror: whether the mirror image is one of the augmented views.
    clear: a film whose first views are less than this from 0 or 1 is not shifted, see `fit_stability`; 0 shifts all.
    fitted_prevalence: share of pneumonia among the films that the probability was calibrated on. prevalence: the
    default of `Choice.prevalence`. shift: subtracted from the logit of every probability at a site that was
    recalibrated. site: a sentence on the site profile that applies, or "".
    """

    thresholds: dict[str, float]
    limits: dict[float, ConformalLimits]
    max_spread: float
    default: Choice
    mirror: bool = False
    clear: float = 0.0
    fitted_prevalence: float = UNKNOWN_PREVALENCE
    prevalence: float = DEFAULT_PREVALENCE
    shift: float = 0.0
    site: str = ""
    other_to: float = 0.0

    @classmethod
    def of(cls, card: ModelCard) -> "Rules":
        """The rules on a model's card."""
        return cls(
            thresholds={name: point.threshold for name, point in card.operating_points.items()},
            limits=dict(card.limits_by_error_rate),
            max_spread=DEFAULT_MAX_SPREAD if card.max_spread is None else card.max_spread,
            default=Choice(card.operating_point, card.error_rate),
            mirror=card.training.mirrored,
            clear=card.clear or 0.0,
            fitted_prevalence=fitted_prevalence(card),
            prevalence=DEFAULT_PREVALENCE if card.prevalence is None else card.prevalence,
            other_to=card.other_to or 0.0,
        )

    def at(self, site: SiteProfile | None) -> "Rules":
        """The rules as a site's profile changes them; the same without one."""
        if site is None:
            return self
        limits = dict(site.limits_by_error_rate) or self.limits
        return replace(self, limits=limits, prevalence=site.prevalence, shift=site.shift, site=site.sentence)

    def stated_prevalence(self, choice: Choice) -> float:
        """The prevalence of a choice. Raises SettingsError beyond 2 to 80%."""
        stated = self.prevalence if choice.prevalence is None else choice.prevalence
        if not LEAST_PREVALENCE <= stated <= MOST_PREVALENCE:
            raise SettingsError(
                thing=f"prevalence {stated:g}",
                accepted=f"a number from {LEAST_PREVALENCE:g} to {MOST_PREVALENCE:g} is accepted",
            )
        return stated

    def chosen(self, choice: Choice) -> tuple[float, ConformalLimits, float]:
        """Threshold, conformal limits and error rate for a choice. Raises SettingsError if the card has none for it."""
        point = choice.operating_point or self.default.operating_point
        rate = self.default.error_rate if choice.error_rate is None else choice.error_rate
        if point not in self.thresholds:
            raise not_one_of("operating point", point, self.thresholds)
        if rate not in self.limits:
            accepted = ", ".join(f"{known:g}" for known in sorted(self.limits))
            raise SettingsError(thing=f"error rate {rate}", accepted=f"accepted are {accepted}")
        return self.thresholds[point], self.limits[rate], rate

    def number(self, probability: float, choice: Choice) -> float:
        """A calibrated probability, in [0, 1], at the prevalence of a choice: the number that is shown."""
        return probability_at_prevalence(probability, self.fitted_prevalence, self.stated_prevalence(choice))

    def answered(self, choice: Choice) -> tuple[float, float]:
        """The number up to which a film may be called normal, and from which pneumonia; in [0, 1]."""
        threshold, limits, _ = self.chosen(choice)
        ends = [self.number(min(end, 1.0), choice) for end in (threshold, limits.pneumonia_from, limits.normal_to)]
        return min(*ends, NORMAL_TO), max(*ends, PNEUMONIA_FROM, self.number(self.other_to, choice))

    def points_that_differ(self, choice: Choice) -> list[str]:
        """The operating points that give other answers than the points before them, the default among them."""
        default = str(self.default.operating_point)
        return self._that_differ(list(self.thresholds), default, lambda point: replace(choice, operating_point=point))

    def rates_that_differ(self, choice: Choice) -> list[float]:
        """The error rates that give other answers than the rates before them, rising; the default among them."""
        default = float(self.default.error_rate or 0)
        return self._that_differ(sorted(self.limits), default, lambda rate: replace(choice, error_rate=rate))

    def _that_differ(self, options: list[T], default: T, chosen: Callable[[T], Choice]) -> list[T]:
        first: dict[tuple[float, float], T] = {self.answered(chosen(default)): default}
        for option in options:
            first.setdefault(self.answered(chosen(option)), option)
        return [option for option in options if option in first.values()]


def fitted_prevalence(card: ModelCard) -> float:
    """The share of pneumonia among the films that a card's probabilities were calibrated on, in (0, 1)."""
    validation = card.training.split.get("val")
    counts = {label: validation.classes.get(label, 0) if validation else 0 for label in CLASSES}
    films = sum(counts.values())
    share = card.calibrated_at or (counts[PNEUMONIA] / films if films else 0.0)
    return share if 0 < share < 1 else UNKNOWN_PREVALENCE


def decide(prediction: Prediction, rules: Rules, choice: Choice, model: str, version: str) -> Reading:
    """The reading for a prediction, by the model's rules and the user's choice. Costs no computation.

    An answer is given if one class alone is possible at the chosen error rate, the operating point agrees, it holds in
    augmented views, and the probability at the stated prevalence is at most 20% for normal, for pneumonia at least 50%
    and higher than films of another disease often have.
    Otherwise the verdict is uncertain, and the first rule that failed is the reason.
    Raises SettingsError for a choice that the model's card does not have.
    """
    threshold, limits, rate = rules.chosen(choice)
    prevalence = rules.stated_prevalence(choice)
    about: dict[str, Any] = {
        "file": prediction.file,
        "sha256": prediction.sha256,
        "threshold": threshold,
        "model": model,
        "version": version,
        "seconds": prediction.seconds,
        "prevalence": prevalence,
        "prediction": prediction,
    }
    if prediction.refusal or prediction.probability is None or prediction.view_probabilities is None:
        refusal = prediction.refusal
        check, reason = (refusal.check, refusal.reason) if refusal else (None, message("The film was not read."))
        reasons = (reason, *prediction.notes, *prediction.age_notes)
        return Reading(verdict="not_assessable", probability=None, heatmap=None, check=check, reasons=reasons, **about)
    views = moved(prediction.view_probabilities, rules.shift)
    probability = float(moved(np.array([prediction.probability]), rules.shift)[0])
    here = rules.number(probability, choice)
    called: Verdict = "pneumonia" if probability >= threshold else "normal"
    rules_that_fail = (
        *_class_uncertainty(called, limits.answer(probability), rate),
        *_instability(views, threshold, rules, choice),
        *_prevalence_uncertainty(called, here, prevalence),
        *_other_disease(called, probability, rules.other_to),
    )
    verdict: Verdict = "uncertain" if rules_that_fail else called
    averaged = (
        message("Borderline: averaged over the film as it is and mirrored or shifted slightly.")
        if rules.mirror
        else message("Borderline: averaged over the film as it is and shifted slightly.")
    )
    site = [rules.site] if rules.site else []
    of_film = (*prediction.notes, *prediction.age_notes)
    notes = (*([averaged] if prediction.averaged else []), *rules_that_fail[:1], *of_film, *site)
    return Reading(
        verdict=verdict,
        probability=probability,
        probability_here=here,
        heatmap=prediction.heatmap,
        reasons=(result_sentence(here, prevalence, verdict), *notes),
        **about,
    )


def moved(probabilities: np.ndarray, shift: float) -> np.ndarray:
    """Probabilities in [0, 1] with `shift` subtracted from their logits; unchanged for a shift of 0."""
    if not shift:
        return probabilities
    factor = np.exp(-shift)
    return np.asarray(probabilities * factor / (probabilities * factor + 1 - probabilities))


def _class_uncertainty(called: Verdict, possible: str, rate: float) -> Iterator[str]:
    """A sentence if the class at the operating point is not the only one possible at the error rate.

    possible: "pneumonia", "normal", "both" or "neither", see `ConformalLimits.answer`.
    """
    if possible == "both":
        yield message("Neither class can be excluded at an error rate of {rate}.", rate=percent(rate))
    elif possible == "neither":
        yield message(
            "The film is unlike both classes: neither is possible at an error rate of {rate}.", rate=percent(rate)
        )
    elif possible != called and called == "pneumonia":
        yield message(
            "The operating point gives pneumonia, but only normal is possible at an error rate of {rate}.",
            rate=percent(rate),
        )
    elif possible != called:
        yield message(
            "The operating point gives normal, but only pneumonia is possible at an error rate of {rate}.",
            rate=percent(rate),
        )


def _other_disease(called: Verdict, probability: float, other_to: float) -> Iterator[str]:
    """A sentence if pneumonia is called up to a probability that films of another disease often exceed."""
    if called == "pneumonia" and probability <= other_to:
        yield message("Too low for the answer pneumonia: films that show another disease often reach this number.")


def _instability(views: np.ndarray, threshold: float, rules: Rules, choice: Choice) -> Iterator[str]:
    """A sentence if augmented views lie on both sides of the threshold and vary by more than `rules.max_spread`."""
    if views.min() < threshold <= views.max() and np.ptp(views) > rules.max_spread:
        low, high = (number_text(rules.number(float(end), choice)) for end in (views.min(), views.max()))
        if rules.mirror:
            yield message(
                "Unstable: the probability varies from {low} to {high} when the film is mirrored or shifted slightly.",
                low=low,
                high=high,
            )
        else:
            yield message(
                "Unstable: the probability varies from {low} to {high} when the film is shifted slightly.",
                low=low,
                high=high,
            )


def _prevalence_uncertainty(called: Verdict, here: float, prevalence: float) -> Iterator[str]:
    """A sentence if the probability at the stated prevalence does not carry the class at the operating point."""
    about = {"patients": of_100(prevalence), "number": number_text(here)}
    if called == "pneumonia" and here < PNEUMONIA_FROM:
        yield message(
            "Too low for the answer pneumonia: where {patients} of 100 patients have pneumonia, its probability is "
            "{number}, and {needed} is needed.",
            needed=percent(PNEUMONIA_FROM),
            **about,
        )
    elif called == "normal" and here > NORMAL_TO:
        yield message(
            "Too high for the answer normal: where {patients} of 100 patients have pneumonia, its probability is "
            "{number}, and at most {accepted} is accepted.",
            accepted=percent(NORMAL_TO),
            **about,
        )
