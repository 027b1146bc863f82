"""The charts of an evaluation's report."""

from cxr_core.metrics.scores import Scores
from cxr_core.reports.evaluation.charts import drawings


def test_with_one_class_the_charts_that_need_both_are_left_out() -> None:
    scores = Scores([1, 1, 1], [0.2, 0.5, 0.9], ["a", "b", "c"])
    assert set(drawings(scores, 0.5, {})) == {"confusion_matrix", "reliability", "scores_by_class", "decision_curve"}
