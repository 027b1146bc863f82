"""Cached estimates are those of the content that they are asked for, whatever it is called."""

import numpy as np
import pytest

from cxr_core.app.evaluate.estimate_cache import content_of, curves, estimates, subgroups
from cxr_core.metrics.scores import Scores


@pytest.fixture
def scores() -> Scores:
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    values = np.clip(0.5 * labels + rng.uniform(0, 0.5, 60), 0, 1)
    return Scores(labels, values, np.arange(60) // 2, np.arange(60).astype(str))


def test_two_choices_of_as_many_films_have_estimates_of_their_own(scores: Scores) -> None:
    """A mark moved from one film to another leaves the number of films as it was."""
    first, second = (scores.subset(np.arange(60) != left_out) for left_out in (3, 4))
    assert len(first) == len(second)
    assert estimates(first, 0.5).to_dict()["pneumonia"] == 29
    assert estimates(second, 0.5).to_dict()["pneumonia"] == 30
    assert not np.array_equal(curves(first)["roc"], curves(second)["roc"])


def test_each_column_is_part_of_the_content(scores: Scores) -> None:
    changed = [
        Scores(1 - scores.labels, scores.scores, scores.patients, scores.files),
        Scores(scores.labels, scores.scores * 0.999, scores.patients, scores.files),
        Scores(scores.labels, scores.scores, np.arange(60), scores.files),
        Scores(scores.labels, scores.scores, scores.patients),
    ]
    assert len({content_of(one) for one in (scores, *changed)}) == 5
    assert content_of(Scores(scores.labels, scores.scores, scores.patients, scores.files)) == content_of(scores)


def test_the_masks_of_subgroups_are_part_of_the_key(scores: Scores) -> None:
    first = subgroups(scores, {"some": np.arange(60) < 30}, 0.5)
    second = subgroups(scores, {"some": np.arange(60) < 40}, 0.5)
    assert str(first) != str(second)
