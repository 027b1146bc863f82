"""Weighted statistics against scikit-learn's sample weights; the bootstrap that draws patients."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logit
from sklearn import metrics as sk

from cxr_core.errors import SettingsError
from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.bootstrap import clustered_bootstrap, draw_patients
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores


@pytest.mark.parametrize("seed", range(100))
def test_weighted_statistics_are_scikit_learns(seed):
    scores = random_scores(seed)
    weights = next(draw_patients(scores.patients, 3, seed))
    auroc, precision = weighted.auroc(scores)(weights), weighted.average_precision(scores)(weights)
    brier = weighted.averaged((scores.labels - scores.scores) ** 2)(weights)
    for row, weight in enumerate(weights):
        brier_there = sk.brier_score_loss(scores.labels, scores.scores, sample_weight=weight)
        assert brier[row] == pytest.approx(brier_there, abs=1e-12)
        if len(np.unique(scores.labels[weight > 0])) < 2:
            assert np.isnan(auroc[row])
            assert np.isnan(precision[row])
            continue
        given = {"y_true": scores.labels, "y_score": scores.scores, "sample_weight": weight}
        assert auroc[row] == pytest.approx(sk.roc_auc_score(**given), abs=1e-12)
        assert precision[row] == pytest.approx(sk.average_precision_score(**given), abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_weighted_calibration_maximises_the_likelihood_of_the_drawn_films(seed):
    scores = random_scores(seed, films=60)
    weights = next(draw_patients(scores.patients, 3, seed))
    slopes = weighted.calibration_slope(scores)(weights)
    intercepts = weighted.calibration_intercept(scores)(weights)
    for weight, slope, intercept in zip(weights, slopes, intercepts, strict=True):
        films = np.repeat(np.arange(len(scores)), weight.astype(int))
        x, y = logit(np.clip(scores.scores[films], 1e-8, 1 - 1e-8)), scores.labels[films]

        def loss(numbers, x=x, y=y):
            return np.sum(np.logaddexp(0, np.where(y == 1, -1, 1) * (numbers[0] + numbers[1] * x)))

        free = minimize(
            loss, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
        )
        held = minimize(lambda a: loss([a[0], 1.0]), [0.0], method="BFGS", options={"gtol": 1e-8})
        assert slope == pytest.approx(free.x[1], abs=1e-5)
        assert intercept == pytest.approx(held.x[0], abs=1e-5)


def test_calibration_slope_of_few_films_is_finite_unless_the_classes_are_apart():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(30):
            scores = random_scores(seed, films=6)
            pneumonia, normal = scores.scores[scores.labels == 1], scores.scores[scores.labels == 0]
            apart = normal.max() <= pneumonia.min() or pneumonia.max() <= normal.min()
            found = clustered_bootstrap(scores, {"slope": weighted.calibration_slope(scores)}, draws=100)["slope"]
            assert (found.value is None) == apart


def test_calibration_slope_of_scores_that_differ_only_beyond_the_margin_is_undefined():
    scores = Scores([0, 1, 0, 1], [1e-12, 1e-11, 1e-10, 0.9], range(4))
    assert np.isnan(weighted.calibration_slope(scores)(np.ones((1, 4)))[0])


def test_calibration_error_by_hand():
    scores = Scores([0, 1, 1, 0], [0.1, 0.15, 0.9, 1.0], range(4))
    error = weighted.expected_calibration_error(scores, bins=10)
    # Bins 0.1-0.2 (two films: rate 0.5, mean 0.125) and 0.9-1 (rate 0.5, mean 0.95).
    assert error(np.ones((1, 4)))[0] == pytest.approx((2 * 0.375 + 2 * 0.45) / 4, abs=1e-12)
    assert error(np.array([[0.0, 3, 0, 0]]))[0] == pytest.approx(0.85, abs=1e-12)


def test_draws_take_whole_patients():
    patients = np.array(["a", "b", "a", "c", "a"])
    weights = np.concatenate(list(draw_patients(patients, 1000, seed=3)))
    assert weights.shape == (1000, 5)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.array_equal(weights[:, 0], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.1)


def test_standard_error_of_a_mean_of_clusters_is_the_textbooks():
    rng = np.random.default_rng(0)
    values = np.repeat(rng.random(300), 4)
    labels = np.tile([0, 1], 600)
    scores = Scores(labels, values, np.repeat(np.arange(300), 4))
    figure = clustered_bootstrap(scores, {"mean": weighted.averaged(values)}, draws=4000)["mean"]
    error = values[::4].std(ddof=1) / np.sqrt(300)
    assert (figure.high - figure.low) / (2 * 1.96) == pytest.approx(error, rel=0.05)
    alone = Scores(labels, values, np.arange(1200))
    plain = clustered_bootstrap(alone, {"mean": weighted.averaged(values)}, draws=4000)["mean"]
    assert (plain.high - plain.low) / (2 * 1.96) == pytest.approx(error / 2, rel=0.05)


def test_the_same_seed_gives_the_same_figures_and_levels_nest():
    scores = random_scores(6, films=100)
    statistics = {"auroc": weighted.auroc(scores)}
    first, again = (clustered_bootstrap(scores, statistics, draws=200, seed=1)["auroc"] for _ in range(2))
    other = clustered_bootstrap(scores, statistics, draws=200, seed=2)["auroc"]
    wide = clustered_bootstrap(scores, statistics, draws=200, seed=1, level=0.99)["auroc"]
    assert first == again
    assert first != other
    assert wide.low <= first.low < first.value < first.high <= wide.high


def test_undefined_draws_are_left_out_and_counted():
    scores = Scores([0, 1, 1, 0], [0.1, 0.6, 0.9, 0.7], range(4))
    figure = clustered_bootstrap(scores, {"auroc": weighted.auroc(scores)}, draws=1000)["auroc"]
    # A draw of four films has one class with probability 2 / 2 ** 4.
    assert 90 < figure.undefined_draws < 165
    assert figure.low is not None


@pytest.mark.parametrize(
    ("patients", "labels", "said"),
    [(["a"] * 4, [0, 1, 0, 1], "one patient"), (range(4), [1, 1, 1, 1], "undefined"), (range(4), [0, 0, 1, 1], "same")],
)
def test_no_interval_where_draws_cannot_give_one(patients, labels, said):
    scores = Scores(labels, [0.1, 0.2, 0.7, 0.8], patients)
    figure = clustered_bootstrap(scores, {"auroc": weighted.auroc(scores)}, draws=50)["auroc"]
    assert (figure.low, figure.high) == (None, None)
    assert said in figure.why


@pytest.mark.parametrize(("draws", "level"), [(1, 0.95), (100, 0), (100, 1)])
def test_bootstrap_refuses(draws, level):
    scores = random_scores(0)
    with pytest.raises(SettingsError, match="at least 2 draws"):
        clustered_bootstrap(scores, {}, draws=draws, level=level)
