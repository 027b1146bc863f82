"""Site acceptance: whether a system reaches its released sensitivity and specificity on a site's own labelled films.

Recalibration moves the threshold by one number, the shift of the scores' logits ("recalibration in the large": Janssen
et al., J Clin Epidemiol 2008; 61:76-86; Steyerberg, Clinical Prediction Models, 2019, ch. 20). A few hundred films are
too few to estimate more. The films are weighted to the prevalence that the system was calibrated at, so that a site
with another prevalence, but the same scores within each class, shows no shift.

Percentile intervals of few patients are too narrow, so they are widened to `expanded_level`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, t

from cxr_core.errors import not_one_of
from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.acceptance import MARGIN, Acceptance, SitePoint
from cxr_core.metrics.bootstrap import DRAWS, clustered_bootstrap
from cxr_core.metrics.estimate import Estimate, missing, wilson
from cxr_core.metrics.prevalence import require_prevalence
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import Statistic, ratio

MIN_FILMS, MIN_PER_CLASS = 50, 10
MIN_AUROC = 0.9


@dataclass(frozen=True)
class ReleasedPoint:
    """An operating point as released: its threshold, and its estimates on validation patients."""

    threshold: float
    sensitivity: float
    specificity: float


def accept(
    scores: Scores,
    released: Mapping[str, ReleasedPoint],
    point: str,
    prevalence: float,
    draws: int = DRAWS,
    seed: int = 0,
) -> Acceptance:
    """Judge a system by a site's labelled films.

    released: the operating points by name. point: the one in use. prevalence: at which the system was calibrated.
    Non-inferiority (Piaggio et al., JAMA 2012; 308:2594-2604): an operating point holds if the whole intervals of its
    sensitivity and specificity here lie above the released ones less MARGIN, and fails if one lies below. "fit": the
    AUROC is at least MIN_AUROC and the point in use holds. "fit after recalibration": it does not, a shift of the
    scores is found, and the recalibrated point holds. "not fit": neither can. "too few films": the films show neither,
    or are fewer than MIN_FILMS, or MIN_PER_CLASS of a class. Raises SettingsError for a prevalence outside (0, 1) or a
    point that is not among the released ones.
    """
    require_prevalence(prevalence)
    if point not in released:
        raise not_one_of("operating point", point, released)
    statistics: dict[str, Statistic] = {
        "auroc": weighted.auroc(scores),
        "calibration_slope": weighted.calibration_slope(scores),
        "calibration_intercept": weighted.calibration_intercept(scores),
        "ece": weighted.expected_calibration_error(scores),
        "shift": logit_shift(scores, prevalence),
    }
    estimates = clustered_bootstrap(scores, statistics, draws, seed, expanded_level(scores, draws))
    shift = estimates.pop("shift")
    points = {name: _site_point(scores, one, shift, draws, seed) for name, one in released.items()}
    verdict, reasons = _verdict(scores, estimates["auroc"], shift, points[point], released[point])
    return Acceptance(
        films=len(scores),
        pneumonia=scores.pneumonia,
        normal=scores.normal,
        patients=len(np.unique(scores.patients)),
        estimates=estimates,
        shift=shift,
        points=points,
        point=point,
        more_films=_more_films(scores, points[point]),
        verdict=verdict,
        reasons=reasons,
    )


def expanded_level(scores: Scores, draws: int, level: float = 0.95) -> float:
    """The nominal level at which a percentile interval of few patients covers `level`, as Student's t would.

    The expanded percentile interval (Hesterberg, The American Statistician 2015; 69:371-386), with the number of
    patients of the smaller class, which has the most influence on the uncertainty. At most 1 - 1 / draws.
    """
    fewest = max(2, min(len(np.unique(scores.patients[scores.labels == label])) for label in (0, 1)))
    half_width = np.sqrt(fewest / (fewest - 1)) * t.ppf((1 + level) / 2, fewest - 1)
    return min(float(2 * norm.cdf(half_width) - 1), 1 - 1 / draws)


def logit_shift(scores: Scores, prevalence: float) -> Statistic:
    """By how many logits the scores are too high, with the classes weighted to a prevalence; NaN if one is missing."""
    labels = scores.labels.astype(np.float64)
    intercept = weighted.calibration_intercept(scores)

    def statistic(weights: np.ndarray) -> np.ndarray:
        pneumonia = weights @ labels
        normal = weights.sum(axis=1) - pneumonia
        both = (pneumonia > 0) & (normal > 0)
        factor_1 = np.where(both, prevalence * (pneumonia + normal) / np.where(both, pneumonia, 1), 0)
        factor_0 = np.where(both, (1 - prevalence) * (pneumonia + normal) / np.where(both, normal, 1), 0)
        return -intercept(weights * np.where(labels == 1, factor_1[:, None], factor_0[:, None]))

    return statistic


def shifted_threshold(threshold: float, shift: Estimate) -> Estimate:
    """The threshold that calls the same films after the scores rose by `shift` logits, with its interval."""
    clipped = min(max(threshold, weighted.MARGIN), 1 - weighted.MARGIN)
    if shift.value is None:
        return missing(shift.method, shift.n, str(shift.reason))
    ends = [None if end is None else float(expit(logit(clipped) + end)) for end in (shift.low, shift.high)]
    value = float(expit(logit(clipped) + shift.value))
    return Estimate(value, ends[0], ends[1], shift.method, shift.n, shift.reason, shift.undefined_draws)


def films_to_halve(successes: int, trials: int) -> int:
    """How many more trials would halve Wilson's interval of a proportion, if the proportion stays the same."""

    def width(n: float) -> float:
        share, z = successes / trials, 1.959964
        return float(2 * z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))

    low, high = trials, 5 * trials + 100
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if width(middle) <= width(trials) / 2 else (middle + 1, high)
    return low - trials


def _site_point(scores: Scores, released: ReleasedPoint, shift: Estimate, draws: int, seed: int) -> SitePoint:
    here = _rates(scores, released.threshold, draws, seed)
    recalibrated = shifted_threshold(released.threshold, shift)
    after = here if recalibrated.value is None else _rates(scores, recalibrated.value, draws, seed)
    return SitePoint(
        threshold=released.threshold,
        sensitivity=here[0],
        specificity=here[1],
        holds=_holds(*here, released),
        fails=_fails(*here, released),
        recalibrated=recalibrated,
        sensitivity_after=after[0],
        specificity_after=after[1],
        holds_after=_holds(*after, released),
        fails_after=_fails(*after, released),
    )


def _rates(scores: Scores, threshold: float, draws: int, seed: int) -> tuple[Estimate, Estimate]:
    """Sensitivity and specificity with patient-clustered intervals; Wilson's where there are none (values 0 and 1)."""
    statistics = {
        "sensitivity": weighted.confusion_statistic(scores, threshold, lambda tp, fp, tn, fn: ratio(tp, tp + fn)),
        "specificity": weighted.confusion_statistic(scores, threshold, lambda tp, fp, tn, fn: ratio(tn, tn + fp)),
    }
    clustered = clustered_bootstrap(scores, statistics, draws, seed, expanded_level(scores, draws))
    called, pneumonia = scores.called(threshold), scores.labels == 1
    plain = (
        wilson(int(called[pneumonia].sum()), scores.pneumonia),
        wilson(int((~called)[~pneumonia].sum()), scores.normal),
    )
    sensitivity, specificity = (
        by_patient if by_patient.low is not None else by_film
        for by_patient, by_film in zip(clustered.values(), plain, strict=True)
    )
    return sensitivity, specificity


def _holds(sensitivity: Estimate, specificity: Estimate, released: ReleasedPoint) -> bool:
    pairs = ((sensitivity.low, released.sensitivity), (specificity.low, released.specificity))
    return all(low is not None and low >= reached - MARGIN for low, reached in pairs)


def _fails(sensitivity: Estimate, specificity: Estimate, released: ReleasedPoint) -> bool:
    pairs = ((sensitivity.high, released.sensitivity), (specificity.high, released.specificity))
    return any(high is not None and high < reached - MARGIN for high, reached in pairs)


def _verdict(
    scores: Scores, auroc: Estimate, shift: Estimate, point: SitePoint, released: ReleasedPoint
) -> tuple[str, tuple[str, ...]]:
    fewest = min(scores.pneumonia, scores.normal)
    if len(scores) < MIN_FILMS or fewest < MIN_PER_CLASS:
        reason = (
            f"{len(scores)} films, {scores.pneumonia} with pneumonia and {scores.normal} normal, are too few for a "
            f"verdict; {MIN_FILMS} films with {MIN_PER_CLASS} of each class are needed."
        )
        return "too few films", (reason,)
    if auroc.value is None or auroc.value < MIN_AUROC:
        reason = f"The AUROC here is below {MIN_AUROC}: no threshold would separate the classes well enough."
        return "not fit", (reason,)
    margin = (
        f"at most {100 * MARGIN:g} points below the released sensitivity of {released.sensitivity:.0%} and specificity "
        f"of {released.specificity:.0%}"
    )
    if point.holds:
        return "fit", (f"At the released threshold the films show what is required, {margin}.",)
    shifted = shift.low is not None and shift.high is not None and not shift.low <= 0 <= shift.high
    if not shifted:
        if point.fails:
            return "not fit", (f"The released threshold fails: {margin} is required. The scores are not shifted.",)
        return "too few films", (f"The films cannot show what is required, {margin}; more films can.",)
    direction = "higher" if (shift.value or 0) > 0 else "lower"
    moved = f"Scores are {direction} here than where the system was calibrated, beyond chance"
    if point.holds_after:
        return "fit after recalibration", (
            f"{moved}, and the released threshold does not show what is required, {margin}.",
            "With the scores moved back by this shift it does, on these same films.",
        )
    if point.fails and point.fails_after:
        return "not fit", (f"{moved}. With or without the shift the films fail what is required, {margin}.",)
    return "too few films", (f"{moved}. The films cannot show what is required, {margin}; more films can.",)


def _more_films(scores: Scores, point: SitePoint) -> dict[str, int]:
    """Intervals narrow with the square root of the number of films; those of proportions near 1 a little faster."""
    more = {"auroc": 3 * len(scores), "threshold": 3 * len(scores)}
    for name, estimate, films in (
        ("sensitivity", point.sensitivity, scores.pneumonia),
        ("specificity", point.specificity, scores.normal),
    ):
        if estimate.value is not None and films:
            more[name] = films_to_halve(round(estimate.value * films), films)
    return more
