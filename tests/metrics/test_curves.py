"""The points of the curves agree with the estimates of the same films."""

import json

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from cxr_core.errors import DataSetError
from cxr_core.metrics import curves
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores

ALL = [
    *(curves.roc_curve, curves.roc_band, curves.precision_recall_curve),
    *(curves.reliability_diagram, curves.score_histogram, curves.decision_curve),
]


@pytest.mark.parametrize("curve", ALL)
@pytest.mark.parametrize("films", [5, 300])
def test_points_are_plain_lists_of_equal_length(curve, films):
    points = curve(random_scores(3, films=films))
    json.dumps(points, allow_nan=False)
    assert len({len(column) for column in points.values() if isinstance(column, list)}) == 1


def test_areas_are_the_estimates():
    scores = random_scores(7, films=300)
    roc = curves.roc_curve(scores)
    area = auc(roc["false_positive_rate"], roc["sensitivity"])
    assert area == pytest.approx(roc_auc_score(scores.labels, scores.scores), abs=1e-12)
    recall, precision = (np.array(curves.precision_recall_curve(scores)[name]) for name in ("recall", "precision"))
    precision_area = -np.sum(np.diff(recall) * precision[:-1])
    assert precision_area == pytest.approx(average_precision_score(scores.labels, scores.scores), abs=1e-12)


def test_roc_thresholds_reach_their_points():
    scores = random_scores(4, films=50)
    roc = curves.roc_curve(scores)
    assert roc["threshold"][0] is None
    for rate, sensitivity, threshold in list(zip(*roc.values(), strict=True))[1:]:
        called = scores.called(threshold)
        assert called[scores.labels == 1].mean() == pytest.approx(sensitivity)
        assert called[scores.labels == 0].mean() == pytest.approx(rate)


@pytest.mark.parametrize("seed", [4, 5])
def test_roc_band_lies_around_the_curve(seed):
    scores = random_scores(seed, films=600)
    band, roc = curves.roc_band(scores, draws=200), curves.roc_curve(scores)
    # The curve at a grid point: the highest sensitivity among points at or left of it.
    rates, sensitivity = np.array(roc["false_positive_rate"]), np.array(roc["sensitivity"])
    curve = np.array([sensitivity[rates <= at].max() for at in band["false_positive_rate"]])
    inside = (np.array(band["low"]) <= curve + 1e-12) & (curve <= np.array(band["high"]) + 1e-12)
    assert inside.mean() > 0.95
    assert band["low"][-1] == band["high"][-1] == 1
    assert np.mean(np.array(band["high"]) - np.array(band["low"])) < 0.3


def test_reliability_counts_every_film_once_and_gives_the_calibration_error():
    scores = random_scores(6, films=400)
    points = curves.reliability_diagram(scores)
    films = np.array(points["films"])
    assert films.sum() == 400
    gaps = np.abs(np.array(points["observed"]) - np.array(points["mean_score"]))
    assert (gaps @ films) / 400 == pytest.approx(evaluate(scores, 0.5, draws=2).estimates["ece"].value, abs=1e-12)
    assert (np.array(points["low"]) <= np.array(points["observed"])).all()


def test_histogram_holds_every_film_also_one_of_score_1():
    scores = Scores([0, 1, 1], [0.0, 0.5, 1.0], range(3))
    points = curves.score_histogram(scores, bins=2)
    assert points == {"from_score": [0, 0.5], "to_score": [0.5, 1], "pneumonia": [0, 2], "normal": [1, 0]}


def test_net_benefit_by_hand():
    scores = Scores([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], range(4))
    points = curves.decision_curve(scores)
    at = points["threshold"].index(0.5)
    # One true and one false positive of four films, odds 1: (1 - 1) / 4. All treated: (2 - 2) / 4.
    assert points["model"][at] == pytest.approx(0)
    assert points["all"][at] == pytest.approx(0)
    at = points["threshold"].index(0.2)
    assert points["model"][at] == pytest.approx((2 - 1 * 0.25) / 4)
    assert points["all"][at] == pytest.approx((2 - 2 * 0.25) / 4)
    assert points["prevalence"] == 0.5


@pytest.mark.parametrize("curve", ALL[:3])
def test_curves_of_two_classes_refuse_one(curve):
    with pytest.raises(DataSetError, match="both classes are needed"):
        curve(Scores([1, 1], [0.1, 0.2], ["a", "b"]))


@pytest.mark.parametrize("curve", ALL[3:])
def test_the_others_draw_one_class_and_one_film(curve):
    json.dumps(curve(Scores([1], [1.0], ["a"])), allow_nan=False)
