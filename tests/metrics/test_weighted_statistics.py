"""Weighted statistics agree with scikit-learn's sample weights, and with a fit to the repeated films."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logit
from sklearn import metrics as sk

from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.bootstrap import clustered_bootstrap, resample_patients
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores


@pytest.mark.parametrize("seed", range(100))
def test_weighted_statistics_agree_with_scikit_learn(seed):
    scores = random_scores(seed)
    weights = next(resample_patients(scores.patients, 3, seed))
    auroc, precision = weighted.auroc(scores)(weights), weighted.average_precision(scores)(weights)
    brier = weighted.mean((scores.labels - scores.scores) ** 2)(weights)
    for row, weight in enumerate(weights):
        expected_brier = sk.brier_score_loss(scores.labels, scores.scores, sample_weight=weight)
        assert brier[row] == pytest.approx(expected_brier, abs=1e-12)
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
    weights = next(resample_patients(scores.patients, 3, seed))
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
        fixed = minimize(lambda a: loss([a[0], 1.0]), [0.0], method="BFGS", options={"gtol": 1e-8})
        assert slope == pytest.approx(free.x[1], abs=1e-5)
        assert intercept == pytest.approx(fixed.x[0], abs=1e-5)


def test_calibration_slope_of_few_films_is_finite_unless_the_classes_are_separated():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(30):
            scores = random_scores(seed, films=6)
            pneumonia, normal = scores.scores[scores.labels == 1], scores.scores[scores.labels == 0]
            separated = normal.max() <= pneumonia.min() or pneumonia.max() <= normal.min()
            slope = clustered_bootstrap(scores, {"slope": weighted.calibration_slope(scores)}, draws=100)["slope"]
            assert (slope.value is None) == separated


def test_calibration_slope_of_scores_that_differ_only_beyond_the_margin_is_undefined():
    scores = Scores([0, 1, 0, 1], [1e-12, 1e-11, 1e-10, 0.9], range(4))
    assert np.isnan(weighted.calibration_slope(scores)(np.ones((1, 4)))[0])


def test_calibration_error_by_hand():
    scores = Scores([0, 1, 1, 0], [0.1, 0.15, 0.9, 1.0], range(4))
    error = weighted.expected_calibration_error(scores, bins=10)
    # Bins 0.1-0.2 (two films: rate 0.5, mean 0.125) and 0.9-1 (rate 0.5, mean 0.95).
    assert error(np.ones((1, 4)))[0] == pytest.approx((2 * 0.375 + 2 * 0.45) / 4, abs=1e-12)
    assert error(np.array([[0.0, 3, 0, 0]]))[0] == pytest.approx(0.85, abs=1e-12)
