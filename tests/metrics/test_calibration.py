"""Platt scaling: correct on films that follow the model, finite where the logits separate the classes."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from cxr_core.errors import DataSetError
from cxr_core.metrics.calibration import Platt, fit_platt


def test_finds_the_numbers_the_labels_were_drawn_with():
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=3, size=50_000).astype(np.float32)
    labels = rng.random(50_000) < expit(0.5 * logits - 0.7)
    platt = fit_platt(logits, labels.astype(int))
    assert (platt.slope, platt.intercept) == pytest.approx((0.5, -0.7), abs=0.03)
    assert Platt(**json.loads(json.dumps(asdict(platt)))) == platt


@pytest.mark.parametrize("seed", range(20))
def test_minimises_platts_own_loss(seed):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(scale=5, size=40), rng.integers(0, 2, 40)
    labels[:2] = 0, 1
    ones = labels.sum()
    targets = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (40 - ones + 2))

    def loss(numbers):
        z = numbers[0] * logits + numbers[1]
        return np.sum(np.logaddexp(0, z) - targets * z)

    best = minimize(loss, [0.0, 0.0], method="BFGS", options={"gtol": 1e-9})
    platt = fit_platt(logits, labels)
    assert (platt.slope, platt.intercept) == pytest.approx(tuple(best.x), abs=1e-5)


@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
def test_perfect_separation_is_no_more_extreme_than_the_number_of_films_justifies(spread):
    logits = np.array([-4.0, -3, -2, 2, 3, 4, 5]) * spread
    platt = fit_platt(logits, np.array([0, 0, 0, 1, 1, 1, 1]))
    probabilities = platt.probability(logits)
    assert platt.slope > 0
    assert 0.5 < probabilities[-1] < 0.95
    assert (np.diff(probabilities) > 0).all()


def test_probability_keeps_shape_and_survives_extreme_logits():
    probabilities = Platt(1.0, 0.0).probability(np.array([[-1e4, 0.0, 1e4]], dtype=np.float32))
    assert probabilities.tolist() == [[0.0, 0.5, 1.0]]
    assert probabilities.dtype == np.float64


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([0.1, 0.2], [1], "one of each per film"),
        ([0.1, np.nan], [0, 1], "not a finite number"),
        ([0.1, 0.2], [1, 1], "labels are 1"),
        ([0.1, 0.2, 0.3], [0, 1, 2], "labels are 0, 1, 2"),
        ([], [], "labels are none"),
        ([0.3, 0.3], [0, 1], "all logits are 0.3"),
    ],
)
def test_refuses_what_cannot_be_fitted(logits, labels, message):
    with pytest.raises(DataSetError, match=message):
        fit_platt(np.array(logits), np.array(labels))
