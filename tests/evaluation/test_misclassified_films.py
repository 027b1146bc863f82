"""Misclassified films, the one farthest from the threshold first."""

from cxr_core.evaluation.misclassified_films import misclassified_films
from cxr_core.models.registry import Model
from tests.support.synthetic_evaluations import synthetic_evaluation


def test_the_film_farthest_from_the_threshold_comes_first(model: Model) -> None:
    evaluation = synthetic_evaluation(model)
    wrong = misclassified_films(evaluation, 0.5)
    assert len(wrong) == (evaluation.scores.called(0.5) != evaluation.scores.labels).sum()
    assert (wrong["score"] - 0.5).abs().is_monotonic_decreasing
    assert misclassified_films(evaluation, 0.0)["label"].unique().tolist() == ["NORMAL"]
