"""A CSV of scores is read, or refused with the row that is invalid."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import DataSetError
from cxr_core.evaluation import score_table as module
from cxr_core.evaluation.score_table import is_score_table, read_scores_csv
from tests.support.random_scores import random_scores, write_scores_csv


def test_csv_comes_back_to_the_last_bit(tmp_path):
    written = random_scores(4, films=200)
    write_scores_csv(written, tmp_path / "s.csv")
    read = read_scores_csv(tmp_path / "s.csv")
    assert np.array_equal(read.scores, written.scores)
    assert np.array_equal(read.labels, written.labels)
    assert np.array_equal(read.patients, written.patients)
    assert read.files[0] == "1"


def test_csv_without_patients_and_as_a_spreadsheet_writes_it(tmp_path):
    text = "\ufeffFile, Label ,score\na.png,pneumonia,0.9\nb.png,0,1e-3\n"
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    read = read_scores_csv(tmp_path / "s.csv")
    assert read.labels.tolist() == [1, 0]
    assert read.patients.tolist() == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_csv_is_refused_with_the_invalid_row(tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataSetError, match=message) as error:
        read_scores_csv(tmp_path / "s.csv")
    assert "s.csv" in str(error.value)


def test_csv_that_is_no_file_no_text_or_too_long(tmp_path, monkeypatch):
    with pytest.raises(DataSetError, match="No such file"):
        read_scores_csv(tmp_path / "none.csv")
    (tmp_path / "film.csv").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    with pytest.raises(DataSetError, match="not a readable table"):
        read_scores_csv(tmp_path / "film.csv")
    monkeypatch.setattr(module, "MAX_FILMS", 2)
    (tmp_path / "long.csv").write_text("file,label,score\na,0,0.1\nb,1,0.2\nc,1,0.3\n")
    with pytest.raises(DataSetError, match="more than 2 rows"):
        read_scores_csv(tmp_path / "long.csv")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "file,label,score\n", True),
        ("b.CSV", "\ufeffFile, Label , Score\n", True),
        ("c.csv", "path,label\n", False),
        ("d.txt", "file,label,score\n", False),
    ],
)
def test_a_score_table_is_a_csv_with_a_column_score(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert is_score_table(tmp_path / name) == expected
    assert not is_score_table(tmp_path / "none.csv")


def test_ten_million_rows_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "big.csv"
    row = b"a,NORMAL,0.5\n"
    file.write_bytes(b"file,label,score\n" + row * 10_000_000)
    with pytest.raises(DataSetError, match="1,000,000 rows"):
        read_scores_csv(file)
