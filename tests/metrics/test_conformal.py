"""Conformal limits keep their error rate on fresh films, class by class."""

import json

import numpy as np
import pytest

from cxr_core.errors import DataSetError, SettingsError
from cxr_core.metrics.conformal import ConformalLimits, fit_conformal, upper_limit
from cxr_core.metrics.scores import Scores


def draw(rng, films, prevalence=0.3):
    labels = (rng.random(films) < prevalence).astype(int)
    labels[:2] = 0, 1
    return Scores(labels, np.where(labels == 1, rng.beta(4, 2, films), rng.beta(1, 3, films)), np.arange(films))


def test_each_class_is_ruled_out_as_rarely_as_promised():
    rng = np.random.default_rng(0)
    missed = {"0.05": [], "0.1": [], "0.2": []}
    for _ in range(400):
        fresh = draw(rng, 400)
        for error, limits in fit_conformal(draw(rng, 120)).items():
            pneumonia = (fresh.scores[fresh.labels == 1] < limits.pneumonia_from).mean()
            normal = (fresh.scores[fresh.labels == 0] > limits.normal_to).mean()
            missed[error].append((pneumonia, normal))
    for error, rates in missed.items():
        standard_error = np.std(rates, axis=0) / np.sqrt(400)
        assert (np.mean(rates, axis=0) < float(error) + 2 * standard_error).all()
        assert (np.mean(rates, axis=0) > float(error) - 0.03).all()


def test_limits_are_the_order_statistics():
    values = np.arange(1, 20) / 100
    scores = Scores([1] * 19 + [0] * 19, [*(values + 0.5), *values], range(38))
    limits = fit_conformal(scores, errors=(0.05, 0.1, 0.3))
    # floor(0.1 * 20) = 2: the second lowest pneumonia film, the second highest normal one.
    assert limits["0.1"] == ConformalLimits(pneumonia_from=0.52, normal_to=0.18)
    assert limits["0.05"] == ConformalLimits(pneumonia_from=0.51, normal_to=0.19)
    assert limits["0.3"] == ConformalLimits(pneumonia_from=0.56, normal_to=0.14)


def test_an_upper_limit_is_the_order_statistic() -> None:
    values = np.arange(20, 0, -1) / 100
    assert upper_limit(values, 1 / 3) == 0.14  # floor(21 / 3) = 7 from above; six films lie higher
    assert upper_limit(values[:1], 1 / 3) == 1.0


def test_a_class_too_small_is_never_ruled_out():
    scores = Scores([1] * 18 + [0] * 19, [0.9] * 18 + [0.1] * 19, range(37))
    limits = fit_conformal(scores, errors=(0.05,))["0.05"]
    assert limits == ConformalLimits(pneumonia_from=0.0, normal_to=0.1)
    assert limits.answer(0.0) == "both"


def test_answers():
    overlapping, apart = (
        ConformalLimits(pneumonia_from=0.3, normal_to=0.6),
        ConformalLimits(pneumonia_from=0.6, normal_to=0.3),
    )
    assert [overlapping.answer(p) for p in (0.2, 0.3, 0.6, 0.7)] == ["normal", "both", "both", "pneumonia"]
    assert [apart.answer(p) for p in (0.3, 0.4, 0.6)] == ["normal", "neither", "pneumonia"]
    assert ConformalLimits(**json.loads(json.dumps(apart.to_dict()))) == apart


def test_refuses_one_class_and_a_rate_that_is_none():
    with pytest.raises(DataSetError, match="none pneumonia"):
        fit_conformal(Scores([0, 0], [0.1, 0.2], ["a", "b"]))
    for error in (0, 1, -0.1):
        with pytest.raises(SettingsError, match="error rate"):
            fit_conformal(Scores([0, 1], [0.1, 0.2], ["a", "b"]), errors=(error,))
