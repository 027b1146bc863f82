"""Predictive values and probabilities at another prevalence."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.errors import SettingsError
from cxr_core.metrics.estimate import Estimate, missing
from cxr_core.metrics.prevalence import (
    predictive_value_text,
    predictive_values,
    predictive_values_of_point,
    probability_at_prevalence,
)
from cxr_core.metrics.scores import Scores
from cxr_core.models.card_sections import CardPoint


def point(sensitivity: tuple[float, float, float], specificity: tuple[float, float, float], n: int) -> CardPoint:
    estimates = Estimate(*sensitivity, "Wilson", 2 * n), Estimate(*specificity, "Wilson", n)
    return CardPoint(0.5, "balanced", *estimates)


POINT = point((0.9, 0.8, 0.95), (0.8, 0.7, 0.9), 50)


def test_predictive_values_of_a_point_follow_bayes() -> None:
    ppv, npv = predictive_values_of_point(POINT, 0.1)
    assert ppv.value == pytest.approx(0.09 / (0.09 + 0.18))
    assert npv.value == pytest.approx(0.72 / (0.72 + 0.01))
    assert ppv.low < ppv.value < ppv.high  # type: ignore[operator]
    assert npv.low < npv.value < npv.high  # type: ignore[operator]
    assert ppv.n == 150


def test_a_rarer_disease_lowers_the_ppv_and_raises_the_npv() -> None:
    values = [predictive_values_of_point(POINT, p) for p in (0.02, 0.2, 0.7)]
    assert values[0][0].value < values[1][0].value < values[2][0].value  # type: ignore[operator]
    assert values[0][1].value > values[1][1].value > values[2][1].value  # type: ignore[operator]


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, 2])
def test_a_prevalence_must_be_between_0_and_1(prevalence: float) -> None:
    with pytest.raises(SettingsError, match="between 0 and 1"):
        predictive_values_of_point(POINT, prevalence)
    with pytest.raises(SettingsError, match="between 0 and 1"):
        probability_at_prevalence(0.5, 0.7, prevalence)


@pytest.mark.parametrize(
    ("value", "low", "high", "message"),
    [
        (0.998, 0.996, 0.9999, "more than 99 have pneumonia (more than 99)."),
        (0.97, 0.85, 0.992, "97 have pneumonia (85 to 99)."),
        (1.0, 0.98, 1.0, "100 have pneumonia (98 to 100)."),
        (0.004, 0.001, 0.02, "under 1 have pneumonia (under 1 to 2)."),
    ],
)
def test_a_count_claims_no_certainty(value: float, low: float, high: float, message: str) -> None:
    assert predictive_value_text(Estimate(value, low, high, "Wilson", 100), "pneumonia").endswith(message)


def test_a_point_without_intervals_is_refused() -> None:
    with pytest.raises(SettingsError, match="intervals"):
        predictive_values_of_point(replace(POINT, specificity=missing("Wilson", 0, "There is no film.")), 0.1)


def test_a_probability_moves_with_the_prior_odds() -> None:
    assert probability_at_prevalence(0.5, 0.5, 0.1) == pytest.approx(0.1)
    assert probability_at_prevalence(0.8, 0.74, 0.74) == pytest.approx(0.8)
    assert probability_at_prevalence(1.0, 0.74, 0.1) == 1
    assert probability_at_prevalence(0.0, 0.74, 0.1) == 0


def test_predictive_values_of_films_follow_bayes() -> None:
    labels = np.repeat([1, 1, 0, 0], [9, 1, 8, 2])
    scores = Scores(labels, np.repeat([0.9, 0.1, 0.1, 0.9], [9, 1, 8, 2]), np.arange(20))
    values = predictive_values(scores, 0.5, 0.1, draws=50)
    ppv, npv = predictive_values_of_point(POINT, 0.1)
    assert values["ppv"].value == pytest.approx(ppv.value)
    assert values["npv"].value == pytest.approx(npv.value)
    with pytest.raises(SettingsError, match="between 0 and 1"):
        predictive_values(scores, 0.5, 1.0)


def test_a_missing_predictive_value_has_a_message() -> None:
    never = point((0, 0, 0), (1, 1, 1), 3)
    ppv, _ = predictive_values_of_point(never, 0.5)
    assert (ppv.value, ppv.reason) == (None, "No film would get this answer.")
    assert predictive_value_text(ppv, "pneumonia").startswith("No film gets the answer pneumonia")
