"""Two systems are compared on their common films."""

import pytest

from cxr_core.errors import DataSetError
from cxr_core.evaluation.compare import compare
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
