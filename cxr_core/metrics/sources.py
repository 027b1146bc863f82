"""Rules that are chosen on films of several sources, hospitals: what holds at the strictest of them is taken.

Each source counts alike, however many films it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.metrics.conformal import Answer, ConformalLimits, fit_conformal, large_enough, strictest
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.operating_points import (
    ROUNDING,
    RULE_IN_SPECIFICITY,
    RULE_OUT_SENSITIVITY,
    OperatingPoint,
    choose_operating_points,
    thresholds_of,
)
from cxr_core.metrics.scores import Scores


@dataclass(frozen=True, eq=False)
class SourceScores:
    """Scores of N films with the source of each, `str (N,)`."""

    scores: Scores
    sources: np.ndarray

    @property
    def parts(self) -> dict[str, Scores]:
        """The scores of each source that has films of both classes, by name; all films as one if none has."""
        found = {str(name): self.scores.subset(self.sources == name) for name in np.unique(self.sources)}
        both = {name: part for name, part in found.items() if part.one_class_reason is None}
        return both or {"all": self.scores}


def weights_by_source(sources: np.ndarray) -> np.ndarray:
    """The weight of each film, `float64 (N,)` with a mean of 1, so that each source weighs alike."""
    _, place, films = np.unique(sources, return_inverse=True, return_counts=True)
    return len(sources) / len(films) / films[place]


def prevalence_of(labels: np.ndarray, sources: np.ndarray) -> float:
    """The share of pneumonia, 0 to 1, where each source counts alike; labels 1 or 0 `(N,)`."""
    return float(np.average(labels, weights=weights_by_source(sources)))


def conformal_by_source(
    found: SourceScores, errors: Sequence[float]
) -> tuple[dict[str, ConformalLimits], dict[str, dict[str, ConformalLimits]]]:
    """The strictest limits of the sources for each error rate, keyed by it as text; and those of each source.

    A rate is left out where a source has too few films of a class to rule it out, and where it gives the same answers
    to all these films as a higher one. Raises DataSetError if all films have one label.
    """
    parts = found.parts
    by_source = {name: fit_conformal(part, errors) for name, part in parts.items()}
    kept: dict[str, ConformalLimits] = {}
    answers: list[list[Answer]] = []
    for error in sorted(errors, reverse=True):
        if not all(large_enough(part, error) for part in parts.values()):
            continue
        limits = strictest([of_source[f"{error:g}"] for of_source in by_source.values()])
        given = [limits.answer(score) for score in found.scores.scores.tolist()]
        if given not in answers:
            kept[f"{error:g}"] = limits
            answers.append(given)
    if not kept:  # too few films for any rate: the highest, as it is
        highest = f"{max(errors):g}"
        kept[highest] = strictest([of_source[highest] for of_source in by_source.values()])
    return dict(sorted(kept.items(), key=lambda item: float(item[0]))), by_source


def points_by_source(found: SourceScores) -> tuple[dict[str, OperatingPoint], dict[str, dict[str, Any]]]:
    """`rule_out`, `balanced` and `rule_in` as the strictest source wants them; and what each reaches at each source.

    `balanced`: the middle of the thresholds that these films cannot tell from the best. The highest of them, which
    `choose_operating_points` takes for the points of a single source, would cost a hard source too much sensitivity. A
    point that calls all these films as `balanced` does is left out.
    """
    parts = found.parts
    if len(parts) == 1:
        points = choose_operating_points(found.scores)
    else:
        points = _strictest_points(found.scores, list(parts.values()))
    balanced = found.scores.called(points["balanced"].threshold)
    points = {
        name: point
        for name, point in points.items()
        if name == "balanced" or not np.array_equal(found.scores.called(point.threshold), balanced)
    }
    reached = {
        name: {source: _reached(part, point.threshold) for source, part in parts.items()}
        for name, point in points.items()
    }
    return points, reached


def _strictest_points(scores: Scores, parts: list[Scores]) -> dict[str, OperatingPoint]:
    thresholds = thresholds_of(scores)
    rates = [_rates(part, thresholds) for part in parts]
    sensitivity = np.min([found for found, _ in rates], axis=0)
    specificity = np.min([spared for _, spared in rates], axis=0)
    youden = np.mean([found + spared for found, spared in rates], axis=0)
    best = int(np.argmax(youden))
    variance = sum(
        (found[best] * (1 - found[best])) / part.pneumonia + (spared[best] * (1 - spared[best])) / part.normal
        for (found, spared), part in zip(rates, parts, strict=True)
    )
    enough = youden >= youden[best] - np.sqrt(variance) / len(parts) - ROUNDING
    plateau = thresholds[enough]
    balanced = int(np.searchsorted(thresholds, (plateau[0] + plateau[-1]) / 2))
    chosen = {
        "rule_out": (
            min(int(np.flatnonzero(sensitivity >= RULE_OUT_SENSITIVITY)[-1]), balanced),
            f"The highest threshold with a sensitivity of at least {RULE_OUT_SENSITIVITY} at every source, not above "
            "the balanced one.",
        ),
        "balanced": (
            balanced,
            "The middle of the thresholds at which the sum of sensitivity and specificity (Youden), averaged over the "
            "sources, is within one standard error of the best.",
        ),
        "rule_in": (
            max(int(np.flatnonzero(specificity >= RULE_IN_SPECIFICITY)[0]), balanced),
            f"The lowest threshold with a specificity of at least {RULE_IN_SPECIFICITY} at every source, not below the "
            "balanced one.",
        ),
    }
    return {name: _point(scores, float(thresholds[place]), rule) for name, (place, rule) in chosen.items()}


def _rates(part: Scores, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and specificity of a source at each threshold."""
    sick, healthy = (np.sort(part.scores[part.labels == label]) for label in (1, 0))
    missed = np.searchsorted(sick, thresholds, side="left")
    spared = np.searchsorted(healthy, thresholds, side="left")
    return 1 - missed / len(sick), spared / len(healthy)


def _reached(part: Scores, threshold: float) -> dict[str, Any]:
    point = _point(part, threshold, "").to_dict()
    return {name: point[name] for name in ("sensitivity", "specificity")}


def _point(scores: Scores, threshold: float, rule: str) -> OperatingPoint:
    called = scores.called(threshold)
    found = int((called & (scores.labels == 1)).sum())
    spared = int((~called & (scores.labels == 0)).sum())
    return OperatingPoint(threshold, rule, wilson(found, scores.pneumonia), wilson(spared, scores.normal))
