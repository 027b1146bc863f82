"""Predictive values and probabilities where pneumonia is rarer or more common than among the evaluated films.

Both assume that sensitivity and specificity do not change with the prevalence: films with pneumonia look alike at both
sites, and so do normal films.
"""

from typing import Protocol

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.metrics.bootstrap import DRAWS, clustered_bootstrap
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import confusion_statistic, ratio

DEFAULT_PREVALENCE = 0.2  # stated where neither the reader nor a model's card says one
LEAST_PREVALENCE, MOST_PREVALENCE = 0.02, 0.8  # that may be stated
METHOD_FROM_CARD = "Bayes, from the ends of the intervals of sensitivity and specificity"


class PointEstimates(Protocol):
    """The estimates of an operating point on the validation films, as a model's card has them."""

    @property
    def sensitivity(self) -> Estimate:
        """Of the films with pneumonia."""

    @property
    def specificity(self) -> Estimate:
        """Of the normal films."""


def require_prevalence(prevalence: float) -> None:
    """Raise SettingsError unless 0 < prevalence < 1."""
    if not 0 < prevalence < 1:
        raise SettingsError(thing=f"prevalence {prevalence}", accepted="a number between 0 and 1 is accepted")


def predictive_values(
    scores: Scores, threshold: float, prevalence: float, draws: int = DRAWS, seed: int = 0
) -> dict[str, Estimate]:
    """`ppv` and `npv` at a prevalence, from sensitivity and specificity (Bayes; Altman and Bland, BMJ 1994; 309:102).

    Intervals from the patient-clustered bootstrap. Raises SettingsError unless 0 < prevalence < 1.
    """
    require_prevalence(prevalence)

    def ppv(tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> np.ndarray:
        right, wrong = prevalence * ratio(tp, tp + fn), (1 - prevalence) * ratio(fp, tn + fp)
        return ratio(right, right + wrong)

    def npv(tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> np.ndarray:
        right, wrong = (1 - prevalence) * ratio(tn, tn + fp), prevalence * ratio(fn, tp + fn)
        return ratio(right, right + wrong)

    statistics = {
        "ppv": confusion_statistic(scores, threshold, ppv),
        "npv": confusion_statistic(scores, threshold, npv),
    }
    return clustered_bootstrap(scores, statistics, draws, seed)


def predictive_values_of_point(point: PointEstimates, prevalence: float) -> tuple[Estimate, Estimate]:
    """PPV and NPV at a prevalence, from an operating point of a model's card, without films (Bayes, as above).

    The interval combines both lower ends and both upper ends, so it is wider than 95%.
    Raises SettingsError unless 0 < prevalence < 1, or if the point lacks one of the numbers.
    """
    require_prevalence(prevalence)
    sensitivity, specificity = point.sensitivity, point.specificity
    pairs = [
        (sensitivity.value, specificity.value),
        (sensitivity.low, specificity.low),
        (sensitivity.high, specificity.high),
    ]
    known = [(se, sp) for se, sp in pairs if se is not None and sp is not None]
    if len(known) < len(pairs):
        raise SettingsError(
            thing="operating point", accepted="sensitivity and specificity with their intervals are needed"
        )
    films = sensitivity.n + specificity.n
    ppv = [_share(prevalence * se, (1 - prevalence) * (1 - sp)) for se, sp in known]
    npv = [_share((1 - prevalence) * sp, prevalence * (1 - se)) for se, sp in known]
    return _estimate(ppv, films), _estimate(npv, films)


def probability_at_prevalence(probability: float, calibrated_at: float, prevalence: float) -> float:
    """A probability that was calibrated at the prevalence `calibrated_at`, converted to another prevalence.

    The odds are multiplied by the ratio of the prior odds (Saerens et al. 2002, doi 10.1162/089976602753284446).
    probability in [0, 1], both prevalences in (0, 1); raises SettingsError otherwise.
    """
    if not (0 <= probability <= 1 and 0 < calibrated_at < 1 and 0 < prevalence < 1):
        given = f"probability {probability}, prevalences {calibrated_at} and {prevalence}"
        raise SettingsError(thing=given, accepted="numbers between 0 and 1 are accepted")
    pneumonia = probability * prevalence / calibrated_at
    return pneumonia / (pneumonia + (1 - probability) * (1 - prevalence) / (1 - calibrated_at))


def predictive_value_text(value: Estimate, answer: str) -> str:
    """A predictive value as a count of 100 patients, with its interval: easier to understand than a percentage
    (Gigerenzer et al., Psychol Sci Public Interest 2007; 8:53-96).

    value: a PPV for the answer "pneumonia", an NPV for the answer "normal".
    """
    have = "have pneumonia" if answer == "pneumonia" else "have none"
    if value.value is None:
        return f"No film gets the answer {answer}, so its predictive value cannot be computed."
    between = ""
    if value.low is not None and value.high is not None:
        low, high = _of_100(value.low), _of_100(value.high)
        between = f" ({low})" if low == high else f" ({low} to {high})"
    text = f"Of 100 patients like these with the answer {answer}, {_of_100(value.value)} {have}{between}."
    return text if between else f"{text} {value.reason}"


def _of_100(share: float) -> str:
    """A whole number out of 100; it is not rounded to 0 or 100, which would claim certainty."""
    number = round(100 * share)
    if number == 100 and share < 1:
        return "more than 99"
    return "under 1" if number == 0 and share > 0 else str(number)


def _estimate(values: list[float | None], films: int) -> Estimate:
    reason = None if None not in values else "No film would get this answer."
    return Estimate(values[0], values[1], values[2], METHOD_FROM_CARD, films, reason)


def _share(part: float, rest: float) -> float | None:
    return part / (part + rest) if part + rest > 0 else None
