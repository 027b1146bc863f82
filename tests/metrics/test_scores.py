"""Scores are valid once they exist; a CSV is read or refused with one sentence."""

import numpy as np
import pytest

from cxr_core.errors import DataSetError
from cxr_core.metrics import scores as module
from cxr_core.metrics.scores import Scores, read_scores_csv, write_scores_csv
from tests.support.random_scores import random_scores


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
    ("labels", "values", "patients", "files", "said"),
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
def test_refuses_what_cannot_be_evaluated(labels, values, patients, files, said):
    with pytest.raises(DataSetError, match=said):
        Scores(labels, values, patients, files)


def test_subset_counts_and_calls():
    scores = Scores([0, 1, 1], [0.2, 0.5, 0.7], ["a", "b", "b"], ["1", "2", "3"])
    part = scores.subset(scores.patients == "b")
    assert (part.pneumonia, part.normal, len(part), part.files.tolist()) == (2, 0, 2, ["2", "3"])
    assert "none normal" in part.one_class
    assert scores.one_class is None
    assert scores.called(0.5).tolist() == [False, True, True]
    with pytest.raises(DataSetError, match="no film"):
        scores.subset(scores.patients == "c")


def test_csv_comes_back_to_the_last_bit(tmp_path):
    written = random_scores(4, films=200)
    write_scores_csv(written, tmp_path / "s.csv")
    read = read_scores_csv(tmp_path / "s.csv")
    assert np.array_equal(read.scores, written.scores)
    assert np.array_equal(read.labels, written.labels)
    assert np.array_equal(read.patients, written.patients)
    assert read.files[0] == "1"


def test_csv_without_patients_and_with_a_spreadsheets_habits(tmp_path):
    text = "\ufeffFile, Label ,score\na.png,pneumonia,0.9\nb.png,0,1e-3\n"
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    read = read_scores_csv(tmp_path / "s.csv")
    assert read.labels.tolist() == [1, 0]
    assert read.patients.tolist() == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a readable table"),
        ("file,label,score\n", "has no row"),
        ("file,label,probability\na,0,0.1\n", "has the columns file, label, probability and no score"),
        ("file,label,score\na,0,0.1\nb,VIRUS,0.1\n", "row 2 has the label 'VIRUS'"),
        ("file,label,score\na,0,\n", "row 1 has the score ''"),
        ("file,label,score\na,0,1.5\n", "row 1 has the score '1.5'"),
        ("file,label,score\na,0,nan\n", "row 1 has the score 'nan'"),
        ("file,label,score,patient\na,0,0.5,\n", "row 1 has the patient ''"),
        ("file,label,score\n,0,0.5\n", "row 1 has the file ''"),
        ("file,label,score\na,0,0.1\na,1,0.2\n", "row 2 has the file 'a'; each file once"),
        ('file,label,score\n"a,0,0.1\n', "not a readable table"),
    ],
)
def test_csv_is_refused_with_the_row_at_fault(tmp_path, text, said):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataSetError, match=said) as error:
        read_scores_csv(tmp_path / "s.csv")
    assert "s.csv" in str(error.value)


def test_csv_that_is_no_file_no_text_or_too_long(tmp_path, monkeypatch):
    with pytest.raises(DataSetError, match="not a readable table"):
        read_scores_csv(tmp_path / "none.csv")
    (tmp_path / "film.csv").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    with pytest.raises(DataSetError, match="not a readable table"):
        read_scores_csv(tmp_path / "film.csv")
    monkeypatch.setattr(module, "MAX_FILMS", 2)
    (tmp_path / "long.csv").write_text("file,label,score\na,0,0.1\nb,1,0.2\nc,1,0.3\n")
    with pytest.raises(DataSetError, match="more than 2 rows"):
        read_scores_csv(tmp_path / "long.csv")
