"""Contested labels are stored by content and label, and left out of a second set of scores."""

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.label_review import contest, contested, film_keys, marks, uncontested
from cxr_core.models.registry import Model
from tests.support.synthetic_evaluations import synthetic_evaluation


def test_contested_films_are_stored_by_content_and_label(model: Model) -> None:
    evaluation = synthetic_evaluation(model)
    key = str(film_keys(evaluation)[4])
    contest(key, "film4.jpeg", True, " Dr. A ")
    assert contested(evaluation).sum() == 1
    assert marks()[key]["reviewer"] == "Dr. A"
    rest = uncontested(evaluation)
    assert rest is not None
    assert len(rest) == len(evaluation.films) - 1
    films = evaluation.films.copy()
    films.loc[4, "label"] = "NORMAL" if films.loc[4, "label"] == "PNEUMONIA" else "PNEUMONIA"
    assert contested(Evaluation(evaluation.record, films)).sum() == 0
    contest(key, "film4.jpeg", False)
    assert contested(evaluation).sum() == 0
    assert uncontested(evaluation) is None
