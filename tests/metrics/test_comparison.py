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
