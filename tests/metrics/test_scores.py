"""Scores are valid once they exist."""

import numpy as np
import pytest

from cxr_core.errors import DataSetError
from cxr_core.metrics.scores import Scores


def test_scores_are_typed_copies_that_cannot_be_written_to():
    given = np.array([0.1, 0.9], dtype=np.float32)
    scores = Scores([False, True], given, [7, 8])
    given[0] = 0.5
    assert scores.labels.dtype == np.int64
    assert scores.scores.dtype == np.float64
    assert scores.scores[0] == pytest.approx(0.1)
    assert scores.patients.tolist() == ["7", "8"]
    with pytest.raises(ValueError, match="read-only"):
        scores.scores[0] = 0.2


@pytest.mark.parametrize(
    ("labels", "values", "patients", "files", "message"),
    [
        ([], [], [], None, "there is no film"),
        ([0, 1], [0.1], ["a", "b"], None, r"shapes are labels \(2,\), scores \(1,\)"),
        ([[0, 1]], [[0.1, 0.2]], [["a", "b"]], None, "one value of each"),
        ([0, 2], [0.1, 0.2], ["a", "b"], None, "a label is 2"),
        ([0, np.nan], [0.1, 0.2], ["a", "b"], None, "a label is nan"),
        (["NORMAL", "?"], [0.1, 0.2], ["a", "b"], None, "a label is NORMAL"),
        ([0, 1], [0.1, np.nan], ["a", "b"], None, "a score is nan"),
        ([0, 1], [0.1, np.inf], ["a", "b"], None, "a score is inf"),
        ([0, 1], [0.1, 1.01], ["a", "b"], None, "a score is 1.01"),
        ([0, 1], [0.1, -0.01], ["a", "b"], None, "a score is -0.01"),
        ([0, 1], ["high", "low"], ["a", "b"], None, "not all are numbers"),
        ([0, 1], [0.1, 0.2], ["a", "b"], ["x.png", "x.png"], "x.png occurs 2 times"),
    ],
)
def test_refuses_what_cannot_be_evaluated(labels, values, patients, files, message):
    with pytest.raises(DataSetError, match=message):
        Scores(labels, values, patients, files)


def test_subset_counts_and_calls():
    scores = Scores([0, 1, 1], [0.2, 0.5, 0.7], ["a", "b", "b"], ["1", "2", "3"])
    part = scores.subset(scores.patients == "b")
    assert (part.pneumonia, part.normal, len(part), part.files.tolist()) == (2, 0, 2, ["2", "3"])
    assert "none normal" in part.one_class_reason
    assert scores.one_class_reason is None
    assert scores.called(0.5).tolist() == [False, True, True]
    with pytest.raises(DataSetError, match="no film"):
        scores.subset(scores.patients == "c")
