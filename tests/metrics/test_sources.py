"""Rules chosen on films of several sources hold at the strictest of them."""

import numpy as np
import pytest

from cxr_core.metrics.conformal import ConformalLimits, fit_conformal, strictest
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.sources import (
    SourceScores,
    conformal_by_source,
    points_by_source,
    prevalence_of,
    weights_by_source,
)


def two_hospitals(films: int = 200) -> SourceScores:
    """An easy hospital and a hard one with as many films of each class."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], films)
    sources = np.repeat(["easy", "hard"], films)
    spread = np.where(sources == "easy", 4.0, 1.0)
    scores = 1 / (1 + np.exp(-(spread * (labels - 0.5) + rng.normal(0, 1, 2 * films))))
    names = np.arange(2 * films).astype(str)
    return SourceScores(Scores(labels, scores, names, names), sources)


def test_each_source_weighs_alike() -> None:
    sources = np.array(["a", "a", "a", "b"])
    weights = weights_by_source(sources)
    assert weights.mean() == pytest.approx(1)
    assert weights[:3].sum() == pytest.approx(weights[3:].sum())
    assert prevalence_of(np.array([1, 1, 1, 0]), sources) == pytest.approx(0.5)


def test_the_strictest_limits_exclude_a_class_only_where_every_source_does() -> None:
    assert strictest([ConformalLimits(0.6, 0.4), ConformalLimits(0.7, 0.5)]) == ConformalLimits(0.6, 0.5)
    found = two_hospitals()
    limits, by_source = conformal_by_source(found, (0.05, 0.1))
    hard = found.scores.subset(found.sources == "hard")
    assert by_source["hard"]["0.1"] == fit_conformal(hard, (0.1,))["0.1"]
    assert limits["0.1"] == strictest([by_source[name]["0.1"] for name in ("easy", "hard")])


def test_a_rate_that_cannot_or_does_not_change_an_answer_is_not_offered() -> None:
    found = two_hospitals(films=20)  # ten of each class at each hospital
    limits, _ = conformal_by_source(found, (0.02, 0.05, 0.1, 0.2))
    assert "0.02" not in limits
    assert "0.05" not in limits
    given = [[limit.answer(score) for score in found.scores.scores] for limit in limits.values()]
    assert all(one != other for i, one in enumerate(given) for other in given[:i])


def test_with_too_few_films_for_any_rate_the_highest_is_left() -> None:
    names = np.array(["0", "1"])
    found = SourceScores(Scores(np.array([0, 1]), np.array([0.1, 0.9]), names, names), np.array(["a", "a"]))
    assert list(conformal_by_source(found, (0.05, 0.2))[0]) == ["0.2"]


def test_every_source_keeps_the_sensitivity_and_the_specificity_of_its_points() -> None:
    found = two_hospitals()
    points, reached = points_by_source(found)
    assert points["rule_out"].threshold < points["balanced"].threshold < points["rule_in"].threshold
    assert min(one["sensitivity"]["value"] for one in reached["rule_out"].values()) >= 0.97
    assert min(one["specificity"]["value"] for one in reached["rule_in"].values()) >= 0.95


def test_a_point_that_calls_as_the_balanced_one_does_is_not_offered() -> None:
    labels = np.tile([0, 1], 50)
    names = np.arange(100).astype(str)
    found = SourceScores(Scores(labels, np.where(labels == 1, 0.9, 0.1), names, names), np.repeat(["a", "b"], 50))
    assert list(points_by_source(found)[0]) == ["balanced"]


def test_a_source_of_one_class_counts_only_among_all() -> None:
    labels = np.array([0, 1, 0, 1, 1, 1])
    names = np.arange(6).astype(str)
    found = SourceScores(Scores(labels, np.linspace(0.1, 0.9, 6), names, names), np.array(["a"] * 4 + ["b"] * 2))
    assert list(found.parts) == ["a"]
