"""Site acceptance: a shift is found and corrected, another prevalence is no shift, too few films get no verdict."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit

from benchmarks.accuracy.acceptance_coverage import PREVALENCE, THRESHOLD, site_scores
from cxr_core.errors import SettingsError
from cxr_core.metrics.acceptance import MARGIN, Acceptance
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import Estimate, wilson
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.site_acceptance import (
    ReleasedPoint,
    accept,
    expanded_level,
    films_to_halve,
    logit_shift,
    shifted_threshold,
)
from cxr_core.records import Fields

RELEASED = {"balanced": ReleasedPoint(THRESHOLD, 0.94, 0.68), "rule_out": ReleasedPoint(0.2, 0.97, 0.52)}


def judged(shift: float, films: int = 300, prevalence: float = PREVALENCE, seed: int = 1):
    return accept(site_scores(seed, films, shift, prevalence), RELEASED, "balanced", PREVALENCE, draws=400)


def test_no_shift_is_fit() -> None:
    found = judged(0.0)
    assert found.verdict == "fit"
    assert found.shift.low is not None
    assert found.shift.low < 0 < (found.shift.high or 0)


@pytest.mark.parametrize("shift", [-2.0, 2.0])
def test_a_shift_is_found_and_corrected(shift: float) -> None:
    found = judged(shift)
    assert found.verdict == "fit after recalibration"
    assert np.sign(found.shift.value or 0) == np.sign(shift)
    point = found.points["balanced"]
    right = expit(logit(THRESHOLD) + shift)
    assert point.recalibrated.low is not None
    assert point.recalibrated.low <= right <= (point.recalibrated.high or 0)
    assert not point.holds
    assert point.holds_after


@pytest.mark.parametrize("films", [5, 300])
def test_a_stored_acceptance_is_read_back(films: int) -> None:
    found = judged(2.0, films)
    assert Acceptance.of(Fields(json.loads(json.dumps(found.to_dict())))) == found


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verdict": "perfect"}, 'verdict is "perfect"'),
        ({"point": "best"}, "not among the points"),
        ({"films": "many"}, "films"),
        ({"shift": None}, "shift is missing"),
        ({"points": {"balanced": {}}}, "threshold is missing"),
        ({"more_films": {"auroc": 0.5}}, "auroc"),
    ],
)
def test_a_damaged_acceptance_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Acceptance.of(Fields(judged(0.0, 20).to_dict() | {"reasons": []} | changes))


def test_another_prevalence_alone_is_no_shift() -> None:
    assert judged(0.0, prevalence=0.25).verdict == "fit"


def test_scores_that_do_not_separate_the_classes_are_not_fit() -> None:
    rng = np.random.default_rng(0)
    scores = Scores(rng.integers(2, size=200), rng.random(200), np.arange(200))
    assert accept(scores, RELEASED, "balanced", PREVALENCE, draws=200).verdict == "not fit"


@pytest.mark.parametrize("films", [1, 5, 49])
def test_too_few_films_get_estimates_and_no_verdict(films: int) -> None:
    found = judged(0.0, films=films)
    assert found.verdict == "too few films"
    assert str(films) in found.reasons[0]
    assert set(found.points) == set(RELEASED)


def test_one_class_and_equal_scores_do_not_break() -> None:
    one_class = Scores(np.ones(60, int), np.linspace(0, 1, 60), np.arange(60))
    assert accept(one_class, RELEASED, "balanced", PREVALENCE, draws=50).verdict == "too few films"
    equal = Scores(np.arange(80) % 2, np.full(80, 0.5), np.arange(80))
    assert accept(equal, RELEASED, "balanced", PREVALENCE, draws=50).verdict == "not fit"


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(SettingsError, match="prevalence"):
        accept(site_scores(0, 60, 0, 0.5), RELEASED, "balanced", 1.0)
    with pytest.raises(SettingsError, match="rule_in"):
        accept(site_scores(0, 60, 0, 0.5), RELEASED, "rule_in", 0.5)


def test_intervals_of_few_patients_are_widened_to_students_t() -> None:
    def level(patients: int) -> float:
        return expanded_level(
            Scores(np.arange(2 * patients) % 2, np.zeros(2 * patients), np.arange(2 * patients)), 9999
        )

    assert level(5000) == pytest.approx(0.95, abs=1e-4)
    assert level(11) == pytest.approx(0.9806, abs=1e-4)  # t(10) = 2.2281, times sqrt(1.1): 2.3369 standard errors
    assert level(1) == 1 - 1 / 9999


def test_the_recalibrated_threshold_is_inside_its_interval() -> None:
    """A short form of `benchmarks/accuracy/acceptance_coverage.py`, whose output is in docs/evaluation.md."""
    covered, simulations = 0, 60
    for seed in range(simulations):
        scores = site_scores(seed, 200, 1.5, 0.5)
        statistic, level = {"shift": logit_shift(scores, PREVALENCE)}, expanded_level(scores, 200)
        shift = clustered_bootstrap(scores, statistic, 200, seed, level)["shift"]
        threshold = shifted_threshold(THRESHOLD, shift)
        covered += (threshold.low or 0) <= expit(logit(THRESHOLD) + 1.5) <= (threshold.high or 0)
    assert covered >= 0.85 * simulations


@pytest.mark.parametrize(("found", "films"), [(45, 50), (50, 50), (190, 200), (1, 30)])
def test_films_to_halve_halve_wilsons_interval(found: int, films: int) -> None:
    def width(successes: float, trials: int) -> float:
        interval = wilson(round(successes), trials)
        return (interval.high or 0) - (interval.low or 0)

    more = films_to_halve(found, films)
    assert width(found * (films + more) / films, films + more) == pytest.approx(width(found, films) / 2, rel=0.06)


def test_a_missing_shift_gives_no_recalibrated_threshold() -> None:
    gone = Estimate(None, None, None, "bootstrap", 3, "One class only.")
    assert shifted_threshold(0.4, gone).reason == "One class only."


@pytest.mark.parametrize("seed", range(12))
def test_the_verdict_follows_from_what_is_shown(seed: int) -> None:
    draw = np.random.default_rng(seed)
    found = judged(float(draw.normal(0, 1)), films=int(draw.integers(50, 400)), seed=seed)
    point, released = found.points["balanced"], RELEASED["balanced"]
    assert not (point.holds and point.fails)
    if found.verdict == "fit":
        assert point.holds
        assert (point.sensitivity.low or 0) >= released.sensitivity - MARGIN
        assert (point.specificity.low or 0) >= released.specificity - MARGIN
    elif found.verdict == "fit after recalibration":
        assert not point.holds
        assert point.holds_after
    elif found.verdict == "not fit":
        assert point.fails or (found.estimates["auroc"].value or 0) < 0.9
    else:
        assert not point.holds
