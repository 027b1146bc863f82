"""Every estimate: scikit-learn's value, an interval around it, or a reason why it is missing."""

import json
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from cxr_core.errors import SettingsError
from cxr_core.metrics.bootstrap import resample_patients
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores

NAMES = [
    *("sensitivity", "specificity", "accuracy", "ppv", "npv", "balanced_accuracy", "f1", "mcc", "auroc"),
    *("average_precision", "brier", "log_loss", "calibration_slope", "calibration_intercept", "ece"),
]


@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(0, 500, 100)], ids=str)
def test_500_random_cases_agree_with_scikit_learn(seeds):
    for seed in seeds:
        scores, threshold = random_scores(seed), 0.3 + 0.4 * (seed % 7) / 7
        estimates = evaluate(scores, threshold, draws=2).estimates
        labels, values = scores.labels, scores.scores
        called = (values >= threshold).astype(int)
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            labels, called, labels=[1, 0], zero_division=np.nan
        )
        expected = {
            "sensitivity": recall[0],
            "specificity": recall[1],
            "accuracy": sk.accuracy_score(labels, called),
            "ppv": precision[0] if called.any() else None,
            "npv": precision[1] if not called.all() else None,
            "balanced_accuracy": sk.balanced_accuracy_score(labels, called),
            "f1": f1[0],
            "mcc": sk.matthews_corrcoef(labels, called) if len(set(called)) == 2 else None,
            "auroc": sk.roc_auc_score(labels, values),
            "average_precision": sk.average_precision_score(labels, values),
            "brier": sk.brier_score_loss(labels, values),
            "log_loss": sk.log_loss(labels, values),
        }
        for name, value in expected.items():
            assert estimates[name].value == (None if value is None else pytest.approx(value, abs=1e-12)), (seed, name)


def test_intervals_are_the_percentiles_of_scikit_learns_values_over_the_draws():
    scores, draws, seed = random_scores(11, films=150), 60, 5
    called = scores.called(0.5)
    metrics = evaluate(scores, 0.5, draws=draws, seed=seed)
    functions = {
        "sensitivity": (sk.recall_score, called, {}),
        "specificity": (sk.recall_score, called, {"pos_label": 0}),
        "accuracy": (sk.accuracy_score, called, {}),
        "ppv": (sk.precision_score, called, {}),
        "npv": (sk.precision_score, called, {"pos_label": 0}),
        "balanced_accuracy": (sk.balanced_accuracy_score, called, {}),
        "f1": (sk.f1_score, called, {}),
        "mcc": (sk.matthews_corrcoef, called, {}),
        "auroc": (sk.roc_auc_score, scores.scores, {}),
        "average_precision": (sk.average_precision_score, scores.scores, {}),
        "brier": (sk.brier_score_loss, scores.scores, {}),
        "log_loss": (sk.log_loss, scores.scores, {}),
    }
    weights = np.concatenate(list(resample_patients(scores.patients, draws, seed)))
    for name, (function, answers, settings) in functions.items():
        replicates = [function(scores.labels, answers, sample_weight=weight, **settings) for weight in weights]
        estimate = (metrics.estimates | metrics.clustered)[name]
        assert (estimate.low, estimate.high) == pytest.approx(
            tuple(np.quantile(replicates, [0.025, 0.975])), abs=1e-12
        ), name


def test_every_estimate_has_its_interval_around_it():
    scores = random_scores(4, films=800)
    metrics = evaluate(scores, 0.5, draws=400)
    assert list(metrics.estimates) == NAMES
    assert list(metrics.clustered) == ["sensitivity", "specificity", "accuracy", "ppv", "npv", "auroc"]
    for name, estimate in (metrics.estimates | metrics.clustered).items():
        assert estimate.reason is None
        assert estimate.low < estimate.value < estimate.high, name
    for name in metrics.clustered:
        assert metrics.clustered[name].value == pytest.approx(metrics.estimates[name].value, abs=1e-12)
    assert metrics.estimates["sensitivity"].n == scores.pneumonia
    assert metrics.estimates["ece"].method.endswith("15 bins of equal width")
    assert sum(metrics.confusion.values()) == metrics.films == 800


def test_well_calibrated_scores_have_slope_1_and_intercept_0():
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    estimates = evaluate(Scores(rng.random(20_000) < p, p, np.arange(20_000)), 0.5, draws=20).estimates
    assert estimates["calibration_slope"].value == pytest.approx(1, abs=0.05)
    assert estimates["calibration_intercept"].value == pytest.approx(0, abs=0.05)
    assert estimates["ece"].value < 0.02


@pytest.mark.parametrize(
    ("labels", "values", "missing"),
    [
        ([1] * 5, [0.1, 0.2, 0.3, 0.6, 0.9], {"specificity", *NAMES[5:6], *NAMES[7:10], *NAMES[12:14]}),
        ([0] * 5, [0.1, 0.2, 0.3, 0.6, 0.9], {"sensitivity", *NAMES[5:6], *NAMES[7:10], *NAMES[12:14]}),
        ([0] * 5, [0.1] * 5, {"sensitivity", "ppv", *NAMES[5:10], *NAMES[12:14]}),
        ([0, 1, 1, 0, 1], [0.5] * 5, {"npv", "mcc", "calibration_slope"}),
        ([0, 0, 1, 1, 1], [0.1, 0.2, 0.7, 0.8, 0.9], {"calibration_slope"}),
        ([0, 1, 0, 1, 1], [0.0, 0.2, 0.7, 0.8, 1.0], set()),
        ([0, 1], [1.0, 0.0], {"calibration_slope"}),
        ([1], [0.0], {"specificity", "ppv", *NAMES[5:6], *NAMES[7:10], *NAMES[12:14]}),
    ],
)
def test_degenerate_films_give_what_can_be_computed_and_reasons_for_the_rest(labels, values, missing):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics = evaluate(Scores(labels, values, range(len(labels))), 0.5, draws=200)
    assert {name for name, estimate in metrics.estimates.items() if estimate.value is None} == missing
    for estimate in metrics.estimates.values():
        if estimate.low is None:
            assert estimate.reason.endswith(".")
            assert "undefined for these films" not in estimate.reason
    json.dumps(metrics.to_dict(), allow_nan=False)


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_refuses_a_threshold_that_is_no_number(threshold):
    with pytest.raises(SettingsError, match="threshold"):
        evaluate(random_scores(0), threshold)
