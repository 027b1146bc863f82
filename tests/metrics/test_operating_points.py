"""The rules hold at each point, no better threshold exists, and no threshold depends on one film."""

import numpy as np
import pytest

from cxr_core.errors import DataSetError
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.operating_points import choose_operating_points
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores


def reached(scores, threshold):
    called = scores.called(threshold)
    return called[scores.labels == 1].mean(), (~called)[scores.labels == 0].mean()


@pytest.mark.parametrize("seed", range(60))
def test_rules_hold_and_the_neighbouring_thresholds_break_them(seed):
    scores = random_scores(seed)
    points = choose_operating_points(scores)
    assert list(points) == ["rule_out", "balanced", "rule_in"]
    every = [*np.unique(scores.scores), 2.0]
    for point in points.values():
        sensitivity, specificity = reached(scores, point.threshold)
        assert point.sensitivity == wilson(round(sensitivity * scores.pneumonia), scores.pneumonia)
        assert point.specificity == wilson(round(specificity * scores.normal), scores.normal)
    assert points["rule_out"].sensitivity.value >= 0.97
    assert points["rule_in"].specificity.value >= 0.95
    # All thresholds between two scores call the same films, so those above the next score are the higher ones.
    higher = [t for t in every if t > min(t for t in every if t >= points["rule_out"].threshold)]
    lower = [t for t in every if t < points["rule_in"].threshold]
    balanced = points["balanced"].threshold
    assert points["rule_out"].threshold <= balanced <= points["rule_in"].threshold
    assert points["rule_out"].threshold == balanced or all(reached(scores, t)[0] < 0.97 for t in higher)
    assert points["rule_in"].threshold == balanced or all(reached(scores, t)[1] < 0.95 for t in lower)
    best = max((reached(scores, t) for t in every), key=sum)
    error = np.sqrt(best[0] * (1 - best[0]) / scores.pneumonia + best[1] * (1 - best[1]) / scores.normal)
    assert sum(reached(scores, balanced)) >= sum(best) - error - 1e-9
    higher = [t for t in every if t > min(t for t in every if t >= balanced)]
    assert all(sum(reached(scores, t)) < sum(best) - error + 1e-9 for t in higher)


def test_threshold_lies_midway_between_two_scores():
    scores = Scores([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9], range(4))
    points = choose_operating_points(scores)
    assert [points[name].threshold for name in points] == pytest.approx([0.4, 0.4, 0.4])


def test_balanced_gives_up_no_more_than_a_standard_error_for_specificity():
    # The best threshold, 0.3, misses 10 of 100 and calls no normal film; each score from 0.5 on costs one film more.
    normal, missed, above = [0.1] * 100, [0.05] * 10, [0.5 + i / 200 for i in range(90)]
    scores = Scores([0] * 100 + [1] * 100, normal + missed + above, range(200))
    # sqrt(0.9 x 0.1 / 100) is 0.03: three films of a hundred.
    assert choose_operating_points(scores)["balanced"].threshold == pytest.approx(0.5125)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_equal_scores_are_all_called_or_none(value):
    scores = Scores([0, 1, 0], [value] * 3, range(3))
    points = choose_operating_points(scores)
    assert scores.called(points["rule_out"].threshold).all()
    assert not scores.called(points["rule_in"].threshold).any()
    assert points["rule_in"].sensitivity.value == 0


def test_neighbouring_floating_point_numbers_are_still_separated():
    low = 0.5
    high = np.nextafter(low, 1)
    point = choose_operating_points(Scores([0, 1], [low, high], ["a", "b"]))["balanced"]
    assert (point.sensitivity.value, point.specificity.value) == (1, 1)


def test_one_class_is_refused():
    with pytest.raises(DataSetError, match="none normal"):
        choose_operating_points(Scores([1, 1], [0.1, 0.2], ["a", "b"]))
