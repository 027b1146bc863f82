"""The patient-clustered bootstrap: whole patients are drawn, and intervals are missing where draws cannot give one."""

import numpy as np
import pytest

from cxr_core.errors import SettingsError
from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.bootstrap import clustered_bootstrap, resample_patients
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores


def test_draws_take_whole_patients():
    patients = np.array(["a", "b", "a", "c", "a"])
    weights = np.concatenate(list(resample_patients(patients, 1000, seed=3)))
    assert weights.shape == (1000, 5)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.array_equal(weights[:, 0], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.1)


def test_standard_error_of_a_mean_of_clusters_is_the_textbook_formula():
    rng = np.random.default_rng(0)
    values = np.repeat(rng.random(300), 4)
    labels = np.tile([0, 1], 600)
    scores = Scores(labels, values, np.repeat(np.arange(300), 4))
    estimate = clustered_bootstrap(scores, {"mean": weighted.mean(values)}, draws=4000)["mean"]
    error = values[::4].std(ddof=1) / np.sqrt(300)
    assert (estimate.high - estimate.low) / (2 * 1.96) == pytest.approx(error, rel=0.05)
    alone = Scores(labels, values, np.arange(1200))
    plain = clustered_bootstrap(alone, {"mean": weighted.mean(values)}, draws=4000)["mean"]
    assert (plain.high - plain.low) / (2 * 1.96) == pytest.approx(error / 2, rel=0.05)


def test_the_same_seed_gives_the_same_estimates_and_a_higher_level_a_wider_interval():
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
    estimate = clustered_bootstrap(scores, {"auroc": weighted.auroc(scores)}, draws=1000)["auroc"]
    # A draw of four films has one class with probability 2 / 2 ** 4.
    assert 90 < estimate.undefined_draws < 165
    assert estimate.low is not None


@pytest.mark.parametrize(
    ("patients", "labels", "message"),
    [(["a"] * 4, [0, 1, 0, 1], "one patient"), (range(4), [1, 1, 1, 1], "undefined"), (range(4), [0, 0, 1, 1], "same")],
)
def test_no_interval_where_draws_cannot_give_one(patients, labels, message):
    scores = Scores(labels, [0.1, 0.2, 0.7, 0.8], patients)
    estimate = clustered_bootstrap(scores, {"auroc": weighted.auroc(scores)}, draws=50)["auroc"]
    assert (estimate.low, estimate.high) == (None, None)
    assert message in estimate.reason


@pytest.mark.parametrize(("draws", "level"), [(1, 0.95), (100, 0), (100, 1)])
def test_bootstrap_refuses(draws, level):
    scores = random_scores(0)
    with pytest.raises(SettingsError, match="at least 2 draws"):
        clustered_bootstrap(scores, {}, draws=draws, level=level)
