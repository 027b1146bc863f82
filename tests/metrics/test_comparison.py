"""The paired DeLong test and McNemar's test, computed from their definitions."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from cxr_core.errors import DataSetError
from cxr_core.metrics.comparison import delong_paired, mcnemar
from cxr_core.metrics.scores import Scores
from tests.support.delong_definition import all_pairs, both_classes_twice, covariance, rescored
from tests.support.random_scores import random_scores

Z = norm.ppf(0.975)


def one_film_a_patient(scores: Scores) -> Scores:
    return Scores(scores.labels, scores.scores, np.arange(len(scores)))


@pytest.mark.parametrize("seed", range(60))
def test_paired_delong_is_the_definition_over_all_pairs(seed):
    a = one_film_a_patient(both_classes_twice(seed))
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
        mcnemar([True], [True, False], ["a"])


def test_mcnemar_is_the_binomial_tail():
    right_a = np.array([True] * 10 + [False] * 2 + [True] * 5 + [False])
    right_b = np.array([False] * 10 + [True] * 2 + [True] * 5 + [False])
    found = mcnemar(right_a, right_b, np.arange(18))
    tail = sum(math.comb(12, k) for k in range(3)) / 2**12
    assert (found.only_a_right, found.only_b_right, found.both_right, found.both_wrong) == (10, 2, 5, 1)
    assert found.p_value == pytest.approx(2 * tail, abs=1e-12)
    assert mcnemar(right_a, right_a, np.arange(18)).p_value == 1.0


def test_films_that_are_copies_of_one_another_show_no_more_than_one_of_them():
    rng = np.random.default_rng(0)
    labels, ours, theirs = np.arange(40) % 2, rng.random(40), rng.random(40)
    once = [Scores(labels, one, np.arange(40)) for one in (ours, theirs)]
    thrice = [Scores(np.tile(labels, 3), np.tile(one, 3), np.tile(np.arange(40), 3)) for one in (ours, theirs)]
    one, copied = delong_paired(*once), delong_paired(*thrice)
    assert copied.p_value == pytest.approx(one.p_value, rel=1e-9)
    assert copied.auroc.low == pytest.approx(one.auroc.low, rel=1e-9)
    right_a, right_b = (labels == (scores > 0.5) for scores in (ours, theirs))
    alone = mcnemar(right_a, right_b, np.arange(40))
    tripled = mcnemar(np.tile(right_a, 3), np.tile(right_b, 3), np.tile(np.arange(40), 3))
    assert tripled.only_a_right == 3 * alone.only_a_right
    assert tripled.p_value == pytest.approx(alone.p_value)


def test_mcnemar_by_patient_is_the_share_of_all_swaps():
    right_a = np.array([True, True, True, False, True, False])
    right_b = np.array([False, False, False, True, True, True])
    patients = np.array(["p", "p", "q", "q", "r", "s"])  # differences 2, 0, 0 and -1
    swaps = [first * 2 + second for first in (1, -1) for second in (1, -1)]
    expected = np.mean([abs(one) >= abs(2 - 1) for one in swaps])
    assert mcnemar(right_a, right_b, patients).p_value == pytest.approx(expected)


def test_one_patient_of_a_class_has_no_interval_of_the_difference():
    a = Scores([0, 0, 1, 1], [0.1, 0.5, 0.3, 0.4], ["p", "p", "q", "q"])
    b = Scores([0, 0, 1, 1], [0.4, 0.3, 0.6, 0.1], ["p", "p", "q", "q"])
    found = delong_paired(a, b)
    assert found.auroc.low is None
    assert "patient" in found.auroc.reason
    assert found.p_value is None
