"""Two systems are compared on their common films."""

import pytest

from cxr_core.errors import DataSetError
from cxr_core.evaluation.compare import compare, differences_in_words
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.models.registry import Model
from tests.support.synthetic_evaluations import synthetic_evaluation


def test_two_systems_are_compared_on_their_common_films(model: Model) -> None:
    a, b = synthetic_evaluation(model), synthetic_evaluation(model, seed=1)
    found = compare(a, Evaluation(b.record, b.films.iloc[10:].drop(columns="sha256")))
    assert len(found.a) == 50
    assert found.left_out == 10
    assert (
        found.errors.both_right + found.errors.both_wrong + found.errors.only_a_right + found.errors.only_b_right == 50
    )
    assert (found.differ["called_a"] != found.differ["called_b"]).all()
    other_films = Evaluation(b.record, b.films.assign(file=[f"x{i}" for i in range(60)]).drop(columns="sha256"))
    with pytest.raises(DataSetError, match="no film in common"):
        compare(a, other_films)


def test_the_difference_is_said_in_words(model: Model) -> None:
    a, b = synthetic_evaluation(model), synthetic_evaluation(model, seed=1)
    same = differences_in_words(compare(a, a), ("one", "other"))
    assert same == [
        "No difference in ranking is shown on these films.",
        "No difference in the number of errors is shown on these films.",
    ]
    opposite = Evaluation(b.record, a.films.assign(score=1 - a.films["score"]))
    ranking, errors = differences_in_words(compare(opposite, a), ("one", "other"))
    assert ranking.startswith("other ranks the films better than one, by 0.")
    assert errors.startswith("other calls ")
