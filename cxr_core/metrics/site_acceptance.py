"""Does a system hold at another site? A few hundred of its own labelled films tell, with what they cannot tell.

The threshold is moved by one number, the shift of the scores' logits ("recalibration in the large": Janssen et al.,
J Clin Epidemiol 2008; 61:76-86; Steyerberg, Clinical Prediction Models, 2019, ch. 20): a few hundred films do not carry
more. The films are weighted to the prevalence that the system was calibrated at, so that a site with fewer sick
children and the same scores for sick and healthy ones shows no shift.

Percentile intervals of few patients are too narrow, so they are widened to `expanded_level`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, t

from cxr_core.errors import SettingsError
from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import Estimate, missing, wilson
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import Statistic, ratio

FEWEST_FILMS, FEWEST_OF_A_CLASS = 50, 10
LEAST_AUROC = 0.9


@dataclass(frozen=True)
class Promise:
    """An operating point as released: its threshold, and the lower ends of what it reached on validation patients."""

    threshold: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class PointHere:
    """An operating point on the site's films, as released and recalibrated. `holds`: see `accept`."""

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    holds: bool
    recalibrated: Estimate
    sensitivity_after: Estimate
    specificity_after: Estimate
    holds_after: bool


@dataclass(frozen=True)
class Acceptance:
    """What a site's films say. figures: auroc, calibration_slope, calibration_intercept, ece.

    shift: by how many logits the scores are higher here than they should be. point: the operating point in use.
    more_films: how many more films would halve the interval of each figure.
    verdict: "fit", "fit after recalibration", "not fit", or "too few films"; reasons: why, in sentences.
    """

    films: int
    pneumonia: int
    normal: int
    patients: int
    figures: dict[str, Estimate]
    shift: Estimate
    points: dict[str, PointHere]
    point: str
    more_films: dict[str, int]
    verdict: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        return asdict(self)


def accept(
    scores: Scores, promises: Mapping[str, Promise], point: str, prevalence: float, draws: int = 2000, seed: int = 0
) -> Acceptance:
    """Judge a system by a site's labelled films.

    prevalence: at which the system was calibrated. An operating point holds unless its sensitivity or its specificity
    here lies below what it promised with its whole interval. Fit: AUROC at least LEAST_AUROC, the point in use holds
    and no shift shows. Fit after recalibration: the recalibrated one holds. With fewer than FEWEST_FILMS films, or
    FEWEST_OF_A_CLASS of a class, there are figures but no verdict. Raises SettingsError for a prevalence outside (0, 1)
    or a point that is not among the promises.
    """
    if not 0 < prevalence < 1:
        raise SettingsError(f"prevalence {prevalence}: a number between 0 and 1 is accepted.")
    if point not in promises:
        raise SettingsError(f"operating point {point!r}: accepted are {', '.join(promises)}.")
    statistics: dict[str, Statistic] = {
        "auroc": weighted.auroc(scores),
        "calibration_slope": weighted.calibration_slope(scores),
        "calibration_intercept": weighted.calibration_intercept(scores),
        "ece": weighted.expected_calibration_error(scores),
        "shift": logit_shift(scores, prevalence),
    }
    figures = clustered_bootstrap(scores, statistics, draws, seed, expanded_level(scores, draws))
    shift = figures.pop("shift")
    points = {name: _point(scores, promise, shift, draws, seed) for name, promise in promises.items()}
    verdict, reasons = _verdict(scores, figures["auroc"], shift, points[point])
    return Acceptance(
        films=len(scores),
        pneumonia=scores.pneumonia,
        normal=scores.normal,
        patients=len(np.unique(scores.patients)),
        figures=figures,
        shift=shift,
        points=points,
        point=point,
        more_films=_more_films(scores, points[point]),
        verdict=verdict,
        reasons=reasons,
    )


def expanded_level(scores: Scores, draws: int, level: float = 0.95) -> float:
    """The level at which a percentile interval is as wide as Student's would be, for `level` to hold of few patients.

    The expanded percentile interval (Hesterberg, The American Statistician 2015; 69:371-386), with the number of
    patients of the class that has fewer, since that class carries the uncertainty. Never beyond what the draws resolve.
    """
    fewest = max(2, min(len(np.unique(scores.patients[scores.labels == label])) for label in (0, 1)))
    reach = np.sqrt(fewest / (fewest - 1)) * t.ppf((1 + level) / 2, fewest - 1)
    return min(float(2 * norm.cdf(reach) - 1), 1 - 1 / draws)


def logit_shift(scores: Scores, prevalence: float) -> Statistic:
    """By how many logits the scores are too high, with the classes weighted to a prevalence; NaN without both."""
    labels = scores.labels.astype(np.float64)
    intercept = weighted.calibration_intercept(scores)

    def statistic(weights: np.ndarray) -> np.ndarray:
        sick = weights @ labels
        healthy = weights.sum(axis=1) - sick
        both = (sick > 0) & (healthy > 0)
        up = np.where(both, prevalence * (sick + healthy) / np.where(both, sick, 1), 0)
        down = np.where(both, (1 - prevalence) * (sick + healthy) / np.where(both, healthy, 1), 0)
        return -intercept(weights * np.where(labels == 1, up[:, None], down[:, None]))

    return statistic


def moved(threshold: float, shift: Estimate) -> Estimate:
    """The threshold that calls the same films once the scores are higher by `shift` logits, with its interval."""
    inside = min(max(threshold, weighted.MARGIN), 1 - weighted.MARGIN)
    if shift.value is None:
        return missing(shift.method, shift.n, str(shift.why))
    ends = [None if end is None else float(expit(logit(inside) + end)) for end in (shift.low, shift.high)]
    value = float(expit(logit(inside) + shift.value))
    return Estimate(value, ends[0], ends[1], shift.method, shift.n, shift.why, shift.undefined_draws)


def films_to_halve(successes: int, trials: int) -> int:
    """How many trials more would halve Wilson's interval of a proportion that stays the same."""

    def width(n: float) -> float:
        share, z = successes / trials, 1.959964
        return 2 * z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))

    low, high = trials, 5 * trials + 100
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if width(middle) <= width(trials) / 2 else (middle + 1, high)
    return low - trials


def _point(scores: Scores, promise: Promise, shift: Estimate, draws: int, seed: int) -> PointHere:
    here = _rates(scores, promise.threshold, draws, seed)
    recalibrated = moved(promise.threshold, shift)
    after = here if recalibrated.value is None else _rates(scores, recalibrated.value, draws, seed)
    return PointHere(
        threshold=promise.threshold,
        sensitivity=here[0],
        specificity=here[1],
        holds=_holds(*here, promise),
        recalibrated=recalibrated,
        sensitivity_after=after[0],
        specificity_after=after[1],
        holds_after=_holds(*after, promise),
    )


def _rates(scores: Scores, threshold: float, draws: int, seed: int) -> tuple[Estimate, Estimate]:
    """Sensitivity and specificity: intervals by patient, or Wilson's where all draws agree (0 or 1 of the films)."""
    statistics = {
        "sensitivity": weighted.counted(scores, threshold, lambda tp, fp, tn, fn: ratio(tp, tp + fn)),
        "specificity": weighted.counted(scores, threshold, lambda tp, fp, tn, fn: ratio(tn, tn + fp)),
    }
    drawn = clustered_bootstrap(scores, statistics, draws, seed, expanded_level(scores, draws))
    called, sick = scores.called(threshold), scores.labels == 1
    plain = (
        wilson(int(called[sick].sum()), scores.pneumonia),
        wilson(int((~called)[~sick].sum()), scores.normal),
    )
    found = [
        by_patient if by_patient.low is not None else by_film
        for by_patient, by_film in zip(drawn.values(), plain, strict=True)
    ]
    return found[0], found[1]


def _holds(sensitivity: Estimate, specificity: Estimate, promise: Promise) -> bool:
    pairs = ((sensitivity.high, promise.sensitivity), (specificity.high, promise.specificity))
    return all(high is not None and high >= promised for high, promised in pairs)


def _verdict(scores: Scores, auroc: Estimate, shift: Estimate, point: PointHere) -> tuple[str, tuple[str, ...]]:
    fewest = min(scores.pneumonia, scores.normal)
    if len(scores) < FEWEST_FILMS or fewest < FEWEST_OF_A_CLASS:
        why = (
            f"{len(scores)} films, {scores.pneumonia} with pneumonia and {scores.normal} normal, are too few for a "
            f"verdict; {FEWEST_FILMS} films with {FEWEST_OF_A_CLASS} of each class are the least."
        )
        return "too few films", (why,)
    reasons = []
    if auroc.value is None or auroc.value < LEAST_AUROC:
        reasons.append(f"The AUROC here is below {LEAST_AUROC}: no threshold would part the classes well enough.")
        return "not fit", tuple(reasons)
    shifted = shift.low is not None and shift.high is not None and not shift.low <= 0 <= shift.high
    if shifted:
        way = "higher" if (shift.value or 0) > 0 else "lower"
        reasons.append(f"Scores are {way} here than where the system was calibrated, by more than chance explains.")
    else:
        reasons.append("No shift of the scores shows.")
    reasons.append(
        "The released threshold holds here."
        if point.holds
        else "The released threshold does not hold here: its sensitivity or specificity is below what it promised."
    )
    worst = [figure.low for figure in (point.sensitivity, point.specificity)]
    if point.holds and not shifted:
        return "fit", (*reasons, _worst(worst))
    if point.holds_after:
        after = [figure.low for figure in (point.sensitivity_after, point.specificity_after)]
        return "fit after recalibration", (*reasons, "The recalibrated threshold holds here.", _worst(after))
    return "not fit", (*reasons, "Nor does the recalibrated one hold.")


def _worst(lows: list[float | None]) -> str:
    told = [
        f"{name} of {low:.2f}"
        for name, low in zip(("sensitivity", "specificity"), lows, strict=True)
        if low is not None
    ]
    return f"What these films cannot exclude: a {' and a '.join(told)}." if told else ""


def _more_films(scores: Scores, point: PointHere) -> dict[str, int]:
    """Intervals shrink with the square root of the films; of proportions near 1 a little faster."""
    more = {"auroc": 3 * len(scores), "threshold": 3 * len(scores)}
    for name, figure, films in (
        ("sensitivity", point.sensitivity, scores.pneumonia),
        ("specificity", point.specificity, scores.normal),
    ):
        if figure.value is not None and films:
            more[name] = films_to_halve(round(figure.value * films), films)
    return more
