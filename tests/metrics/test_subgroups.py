"""Subgroups have the estimates of their films, and a note if they are small."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cxr_core.errors import DataSetError
from cxr_core.metrics.classification import CALIBRATION, evaluate
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.subgroups import evaluate_subgroups, kinds_against_normal
from tests.support.random_scores import random_scores


def test_kinds_stand_against_all_normal_films():
    scores = Scores([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3], range(4))
    kinds = kinds_against_normal(scores, np.array(["normal", "viral", "bacterial", "normal"]))
    assert {kind: films.tolist() for kind, films in kinds.items()} == {
        "bacterial": [True, False, True, True],
        "viral": [True, True, False, True],
    }


def test_a_group_has_the_estimates_of_its_films_alone():
    scores = random_scores(2, films=600)
    chosen = np.arange(600) < 500
    group = evaluate_subgroups(scores, {"first": chosen}, 0.5, draws=20)[0]
    whole = evaluate(scores.subset(chosen), 0.5, draws=20)
    shown = {name: one for name, one in whole.estimates.items() if name not in CALIBRATION}
    assert group.metrics == replace(whole, estimates=shown)
    assert group.note is None


def test_small_one_class_and_empty_groups_say_so():
    scores = random_scores(2, films=100)
    normal = scores.labels == 0
    chosen = {"all": np.ones(100, bool), "normal": normal, "none": np.zeros(100, bool)}
    small, one_class, empty = evaluate_subgroups(scores, chosen, 0.5, draws=20)
    assert small.note.startswith(f"Small group: {scores.pneumonia} films with pneumonia and {scores.normal} normal")
    assert one_class.metrics.estimates["sensitivity"].value is None
    assert "none pneumonia" in one_class.note
    assert empty.metrics is None
    assert empty.note == "No film is in this group."
    json.dumps([group.to_dict() for group in (small, one_class, empty)], allow_nan=False)


@pytest.mark.parametrize("chosen", [np.ones(3, bool), np.arange(4)])
def test_refuses_a_group_that_is_not_a_choice_of_films(chosen):
    with pytest.raises(DataSetError, match=r"bool \(4,\) is accepted"):
        evaluate_subgroups(Scores([0, 1, 0, 1], [0.1] * 4, range(4)), {"odd": chosen}, 0.5)
