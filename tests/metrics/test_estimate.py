"""Wilson, DeLong, the paired test and McNemar, against computations straight from the definitions."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from cxr_core.errors import DataSetError
from cxr_core.metrics.comparison import delong_paired, mcnemar
from cxr_core.metrics.delong import delong_interval
from cxr_core.metrics.estimate import Estimate, wilson
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores

Z = norm.ppf(0.975)


def rescored(scores, seed):
    """Another system's scores on the same films, correlated with the first's."""
    noise = np.random.default_rng(seed + 10_000).normal(scale=0.2, size=len(scores))
    return Scores(scores.labels, np.clip(scores.scores + noise, 0, 1), scores.patients, scores.files)


def all_pairs(scores):
    """V10 and V01 of DeLong et al. 1988 from every pair of a pneumonia film and a normal film."""
    pneumonia, normal = scores.scores[scores.labels == 1], scores.scores[scores.labels == 0]
    kernel = [[1.0 if x > y else 0.5 if x == y else 0.0 for y in normal] for x in pneumonia]
    return [math.fsum(row) / len(normal) for row in kernel], [
        math.fsum(column) / len(pneumonia) for column in zip(*kernel, strict=True)
    ]


def covariance(first, second):
    centre_first, centre_second = math.fsum(first) / len(first), math.fsum(second) / len(second)
    products = [(a - centre_first) * (b - centre_second) for a, b in zip(first, second, strict=True)]
    return math.fsum(products) / (len(first) - 1) / len(first)


def both_classes_twice(seed):
    scores = random_scores(seed)
    return scores if min(scores.pneumonia, scores.normal) > 1 else both_classes_twice(seed + 5000)


def test_wilson_is_the_formula():
    n, p = 50, 0.9
    centre, half = (p + Z**2 / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    figure = wilson(45, 50)
    assert figure.value == pytest.approx(0.9)
    assert figure.low == pytest.approx((centre - half) / (1 + Z**2 / n), abs=1e-12)
    assert figure.high == pytest.approx((centre + half) / (1 + Z**2 / n), abs=1e-12)
    assert wilson(5, 5).low > 0.5
    assert wilson(5, 5).high == pytest.approx(1)
    assert wilson(45, 50, level=0.99).low < figure.low


def test_wilson_degenerate_and_bad():
    assert wilson(0, 0).value is None
    assert wilson(0, 0).why
    for successes, trials, level in ((3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.5)):
        with pytest.raises(ValueError, match="must"):
            wilson(successes, trials, level)


def test_a_figure_is_finite_or_says_why():
    with pytest.raises(ValueError, match="finite"):
        Estimate(math.nan, 0.0, 1.0, "Wilson", 3)
    with pytest.raises(ValueError, match="says why"):
        Estimate(0.5, None, None, "Wilson", 3)


@pytest.mark.parametrize("seed", range(60))
def test_delong_is_the_definition_over_all_pairs(seed):
    scores = both_classes_twice(seed)
    over_normal, over_pneumonia = all_pairs(scores)
    value = math.fsum(over_normal) / len(over_normal)
    half = Z * math.sqrt(covariance(over_normal, over_normal) + covariance(over_pneumonia, over_pneumonia))
    figure = delong_interval(scores)
    assert figure.value == pytest.approx(value, abs=1e-12)
    if half < 1e-9:
        assert figure.low is None
    else:
        assert figure.low == pytest.approx(max(0, value - half), abs=1e-9)
        assert figure.high == pytest.approx(min(1, value + half), abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_paired_delong_is_the_definition_over_all_pairs(seed):
    a = both_classes_twice(seed)
    b = rescored(a, seed)
    (a10, a01), (b10, b01) = all_pairs(a), all_pairs(b)
    difference = math.fsum(a10) / len(a10) - math.fsum(b10) / len(b10)
    variance = sum(covariance(x, x) + covariance(y, y) - 2 * covariance(x, y) for x, y in ((a10, b10), (a01, b01)))
    found = delong_paired(a, b)
    assert found.auroc.value == pytest.approx(difference, abs=1e-12)
    if variance < 1e-18:
        assert found.auroc.low is None
    else:
        assert found.auroc.low == pytest.approx(difference - Z * math.sqrt(variance), abs=1e-9)
        assert found.auroc.high == pytest.approx(difference + Z * math.sqrt(variance), abs=1e-9)
        assert found.p_value == pytest.approx(2 * norm.sf(abs(difference) / math.sqrt(variance)), abs=1e-9)


def test_delong_agrees_with_a_bootstrap_to_two_standard_errors():
    draws = 600
    a = random_scores(2, films=1500)
    b = rescored(a, 2)
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(a.labels == label) for label in (0, 1)]
    drawn = []
    for _ in range(draws):
        films = np.concatenate([rng.choice(members, len(members)) for members in classes])
        drawn.append([roc_auc_score(s.labels[films], s.scores[films]) for s in (a, b)])
    drawn = np.array(drawn)
    one, pair = delong_interval(a), delong_paired(a, b).auroc
    for figure, values in ((one, drawn[:, 0]), (pair, drawn[:, 0] - drawn[:, 1])):
        error, tolerance = values.std(ddof=1), 2 * values.std(ddof=1) / np.sqrt(2 * draws)
        assert (figure.high - figure.low) / (2 * Z) == pytest.approx(error, abs=tolerance)
        assert figure.value == pytest.approx(values.mean(), abs=2 * error / np.sqrt(draws) + 1e-4)


@pytest.mark.parametrize(
    ("labels", "values", "value", "said"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], None, "none normal"),
        ([0, 1, 1], [0.1, 0.2, 0.3], 1.0, "one film only"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], 1.0, "variance is 0"),
        ([0, 0, 1, 1], [0.5] * 4, 0.5, "variance is 0"),
    ],
)
def test_delong_degenerate(labels, values, value, said):
    scores = Scores(labels, values, range(len(labels)))
    figure = delong_interval(scores)
    assert (figure.value, figure.low, figure.high) == (value, None, None)
    assert said in figure.why
    same = delong_paired(scores, scores)
    assert same.auroc.value == (None if value is None else 0)
    assert same.auroc.why


def test_paired_delong_of_a_system_with_itself_and_with_its_opposite():
    a = Scores([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], range(4))
    b = Scores([0, 0, 1, 1], [0.4, 0.3, 0.2, 0.1], range(4))
    assert delong_paired(a, a).p_value == 1.0
    assert delong_paired(a, b).auroc.value == 1.0
    assert delong_paired(a, b).p_value is None


def test_comparison_refuses_other_films():
    a, shorter = random_scores(2, films=20), random_scores(2, films=19)
    other = Scores(1 - a.labels, a.scores, a.patients)
    named = [Scores(a.labels, a.scores, a.patients, np.arange(20) + start) for start in (0, 1)]
    for first, second in ((a, shorter), (a, other), named):
        with pytest.raises(DataSetError, match="different films"):
            delong_paired(first, second)
    with pytest.raises(DataSetError, match="same films are needed"):
        mcnemar([True], [True, False])


def test_mcnemar_is_the_binomial_tail():
    right_a = np.array([True] * 10 + [False] * 2 + [True] * 5 + [False])
    right_b = np.array([False] * 10 + [True] * 2 + [True] * 5 + [False])
    found = mcnemar(right_a, right_b)
    tail = sum(math.comb(12, k) for k in range(3)) / 2**12
    assert (found.only_a_right, found.only_b_right, found.both_right, found.both_wrong) == (10, 2, 5, 1)
    assert found.p_value == pytest.approx(2 * tail, abs=1e-12)
    assert mcnemar(right_a, right_a).p_value == 1.0
