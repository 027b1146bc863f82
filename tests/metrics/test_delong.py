"""DeLong's interval against the definition over all pairs of films."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from cxr_core.metrics.comparison import delong_paired
from cxr_core.metrics.delong import delong_interval
from cxr_core.metrics.scores import Scores
from tests.support.delong_definition import all_pairs, both_classes_twice, covariance, rescored
from tests.support.random_scores import random_scores

Z = norm.ppf(0.975)


@pytest.mark.parametrize("seed", range(60))
def test_delong_is_the_definition_over_all_pairs(seed):
    scores = both_classes_twice(seed)
    v10, v01 = all_pairs(scores)
    value = math.fsum(v10) / len(v10)
    half = Z * math.sqrt(covariance(v10, v10) + covariance(v01, v01))
    estimate = delong_interval(scores)
    assert estimate.value == pytest.approx(value, abs=1e-12)
    if half < 1e-9:
        assert estimate.low is None
    else:
        assert estimate.low == pytest.approx(max(0, value - half), abs=1e-9)
        assert estimate.high == pytest.approx(min(1, value + half), abs=1e-9)


def test_delong_agrees_with_a_bootstrap_to_two_standard_errors():
    draws = 600
    a = random_scores(2, films=1500)
    a = Scores(a.labels, a.scores, range(len(a)))  # the draws below are of films
    b = rescored(a, 2)
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(a.labels == label) for label in (0, 1)]
    drawn = []
    for _ in range(draws):
        films = np.concatenate([rng.choice(members, len(members)) for members in classes])
        drawn.append([roc_auc_score(s.labels[films], s.scores[films]) for s in (a, b)])
    drawn = np.array(drawn)
    one, pair = delong_interval(a), delong_paired(a, b).auroc
    for estimate, values in ((one, drawn[:, 0]), (pair, drawn[:, 0] - drawn[:, 1])):
        error, tolerance = values.std(ddof=1), 2 * values.std(ddof=1) / np.sqrt(2 * draws)
        assert (estimate.high - estimate.low) / (2 * Z) == pytest.approx(error, abs=tolerance)
        assert estimate.value == pytest.approx(values.mean(), abs=2 * error / np.sqrt(draws) + 1e-4)


@pytest.mark.parametrize(
    ("labels", "values", "value", "message"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], None, "none normal"),
        ([0, 1, 1], [0.1, 0.2, 0.3], 1.0, "one film only"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], 1.0, "variance is 0"),
        ([0, 0, 1, 1], [0.5] * 4, 0.5, "variance is 0"),
    ],
)
def test_delong_degenerate(labels, values, value, message):
    scores = Scores(labels, values, range(len(labels)))
    estimate = delong_interval(scores)
    assert (estimate.value, estimate.low, estimate.high) == (value, None, None)
    assert message in estimate.reason
    same = delong_paired(scores, scores)
    assert same.auroc.value == (None if value is None else 0)
    assert same.auroc.reason
