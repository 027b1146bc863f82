"""The rules for answers on a card: films of another disease rarely get the answer pneumonia."""

import numpy as np
import pytest

from cxr_core.metrics.calibration import Platt
from cxr_core.publishing.answer_rules import fit_answer_rules


def rules_of(other: np.ndarray) -> dict[str, object]:
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 100)
    names = np.arange(200).astype(str)
    sources = np.repeat(["one", "two"], 100)
    return fit_answer_rules(rng.normal(4 * labels - 2, 1), labels, names, names, sources, other)[0]


def test_at_most_a_third_of_films_of_another_disease_lies_above_the_limit() -> None:
    other = np.random.default_rng(1).normal(1, 1, 60)
    rules = rules_of(other)
    limit = rules["other_disease"]["pneumonia_above"]  # type: ignore[index]
    above = Platt(**rules["calibration"]["parameters"]).probability(other) > limit  # type: ignore[index]
    assert above.mean() == pytest.approx(1 / 3, abs=1 / 60)


def test_without_films_of_another_disease_there_is_no_limit() -> None:
    assert "other_disease" not in rules_of(np.empty(0))
