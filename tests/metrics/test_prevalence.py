"""Predictive values in a ward, and scores in frequencies."""

import numpy as np
import pytest

from cxr_core.errors import DataSetError, SettingsError
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.local_prevalence import at_prevalence, ward_values
from cxr_core.metrics.natural_frequencies import films_like_this, frequency_table
from cxr_core.metrics.prevalence import children_like_these
from cxr_core.metrics.scores import Scores

POINT = {
    "sensitivity": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 100},
    "specificity": {"value": 0.8, "low": 0.7, "high": 0.9, "n": 50},
}


def test_predictive_values_follow_bayes() -> None:
    ppv, npv = ward_values(POINT, 0.1)
    assert ppv.value == pytest.approx(0.09 / (0.09 + 0.18))
    assert npv.value == pytest.approx(0.72 / (0.72 + 0.01))
    assert ppv.low < ppv.value < ppv.high  # type: ignore[operator]
    assert npv.low < npv.value < npv.high  # type: ignore[operator]
    assert ppv.n == 150


def test_a_rarer_disease_lowers_the_ppv_and_raises_the_npv() -> None:
    values = [ward_values(POINT, p) for p in (0.02, 0.2, 0.7)]
    assert values[0][0].value < values[1][0].value < values[2][0].value  # type: ignore[operator]
    assert values[0][1].value > values[1][1].value > values[2][1].value  # type: ignore[operator]


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, 2])
def test_a_prevalence_must_be_between_0_and_1(prevalence: float) -> None:
    with pytest.raises(SettingsError, match="between 0 and 1"):
        ward_values(POINT, prevalence)
    with pytest.raises(SettingsError, match="between 0 and 1"):
        at_prevalence(0.5, 0.7, prevalence)


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.998, 0.996, 0.9999, "more than 99 have pneumonia (more than 99)."),
        (0.97, 0.85, 0.992, "97 have pneumonia (85 to 99)."),
        (1.0, 0.98, 1.0, "100 have pneumonia (98 to 100)."),
        (0.004, 0.001, 0.02, "under 1 have pneumonia (under 1 to 2)."),
    ],
)
def test_a_count_claims_no_certainty(value: float, low: float, high: float, said: str) -> None:
    assert children_like_these(Estimate(value, low, high, "Wilson", 100), "pneumonia").endswith(said)


def test_a_point_without_figures_is_refused() -> None:
    with pytest.raises(SettingsError, match="intervals"):
        ward_values({"sensitivity": {"value": 0.9}}, 0.1)


def test_a_probability_moves_with_the_prior_odds() -> None:
    assert at_prevalence(0.5, 0.5, 0.1) == pytest.approx(0.1)
    assert at_prevalence(0.8, 0.74, 0.74) == pytest.approx(0.8)
    assert at_prevalence(1.0, 0.74, 0.1) == 1
    assert at_prevalence(0.0, 0.74, 0.1) == 0


def test_scores_films_like_this() -> None:
    values = np.linspace(0.01, 0.99, 80)
    labels = (values > 0.5).astype(int)
    table = frequency_table(Scores(labels, values, np.arange(80)))
    assert sum(row["films"] for row in table) == 80
    assert table[-1]["up_to"] == 1
    assert films_like_this(table, 0.97).startswith("Of 10 validation films with a score like this one, 10 had")
    assert "0 had pneumonia" in films_like_this(table, 0.0)
    with pytest.raises(DataSetError, match="no row"):
        films_like_this([], 0.5)
