"""Estimates as text: a number, an interval, the row of a table."""

from dataclasses import replace

from cxr_core.labels import ESTIMATES
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.estimate_text import interval, number, rows, value_with_interval
from cxr_core.metrics.film_metrics import estimate_to_report
from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores

FULL = Estimate(0.9744, 0.96, 0.9881, "Wilson", 50)
WITHOUT = Estimate(1.0, None, None, "Wilson", 50, "All draws give the same value.")


def test_a_value_with_and_without_an_interval() -> None:
    assert value_with_interval(FULL) == "0.974 (0.960 to 0.988)"
    assert value_with_interval(WITHOUT, 2) == "1.00"
    assert interval(WITHOUT) == ""
    assert number(None) == "–"


def test_the_clustered_interval_is_reported_where_there_is_one() -> None:
    metrics = evaluate(random_scores(4, films=60), 0.5, draws=2)
    metrics = replace(metrics, clustered={"ppv": FULL, "npv": WITHOUT}, estimates={"npv": FULL, "brier": FULL})
    assert (
        estimate_to_report(metrics, "ppv")
        == estimate_to_report(metrics, "npv")
        == estimate_to_report(metrics, "brier")
        == FULL
    )


def test_the_table_has_every_estimate_and_the_reason_for_a_missing_one() -> None:
    table = rows(evaluate(random_scores(4, films=60), 0.5, draws=20))
    assert [row["Estimate"] for row in table] == list(ESTIMATES.values())
    one_class = rows(evaluate(Scores([1, 1], [0.1, 0.9], ["a", "b"]), 0.5, draws=20))
    assert one_class[1]["Note"] == "No film is labelled normal."
    assert one_class[1]["Value"] == "–"
