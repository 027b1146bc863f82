"""Estimates of each source, with what a user sees of films of another disease."""

import pandas as pd

from cxr_core.evaluation.sources import false_alarms, source_figures
from cxr_core.labels import NORMAL, OTHER, PNEUMONIA


def films() -> pd.DataFrame:
    label = [NORMAL, PNEUMONIA, OTHER, OTHER] * 5
    return pd.DataFrame(
        {
            "label": label,
            "score": [0.1, 0.9, 0.8, 0.6] * 5,
            "verdict": ["normal", "pneumonia", "pneumonia", "uncertain"] * 5,
            "patient": [f"p{number}" for number in range(20)],
            "file": [f"f{number}" for number in range(20)],
            "source": "one",
        }
    )


def test_an_uncertain_film_of_another_disease_is_called_but_not_answered_pneumonia() -> None:
    (entry,) = source_figures(films(), threshold=0.5)
    assert entry["other"]["share"]["value"] == 1.0
    assert entry["other"]["answered"]["value"] == 0.5
    assert entry["answers"]["right"]["value"] == 1.0


def test_without_verdicts_only_calls_are_counted() -> None:
    other = films().query("label == @OTHER").drop(columns="verdict")
    assert "answered" not in false_alarms(other, threshold=0.7)
    assert false_alarms(other, threshold=0.7)["share"]["value"] == 0.5
