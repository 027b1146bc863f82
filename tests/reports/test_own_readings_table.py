"""Own readings as a CSV, and truths that come back in one."""

import csv
import io
from pathlib import Path

import pytest

from cxr_core.errors import DataSetError
from cxr_core.inference.reader_log import OwnReading, Truth
from cxr_core.reports.own_readings_table import COLUMNS, own_readings_csv, read_truths

OLD = OwnReading("a" * 64, "normal", "pneumonia", 0.9, "model", "0123456789ab", True, "=note", "2026-01-01T10:00:00")
NEW = OwnReading(
    *("b" * 64, "pneumonia", "uncertain", 0.8, "model", "0123456789ab", False, "", "2026-01-02T10:00:00"),
    seconds=12.345,
    prevalence=0.2,
    probability_here=0.31,
)


def test_a_row_has_the_readers_word_the_models_answer_as_shown_the_time_and_the_truth() -> None:
    truths: dict[str, Truth] = {NEW.sha256: "pneumonia"}
    old, new = csv.DictReader(io.StringIO(own_readings_csv([OLD, NEW], truths)))
    assert tuple(old) == COLUMNS
    assert (old["probability_here"], old["prevalence"], old["seconds"], old["truth"], old["own_right"]) == ("",) * 5
    assert (old["agrees"], old["note"]) == ("False", "'=note")
    assert (new["own"], new["verdict"], new["probability_here"], new["prevalence"]) == (
        *("pneumonia", "uncertain"),
        *("0.31", "0.2"),
    )
    assert (new["seconds"], new["truth"], new["own_right"], new["model_right"]) == ("12.3", "pneumonia", "True", "")


def written(folder: Path, text: str) -> Path:
    (folder / "truths.csv").write_text(text)
    return folder / "truths.csv"


def test_the_exported_csv_comes_back_with_its_truths(tmp_path: Path) -> None:
    assert read_truths(written(tmp_path, own_readings_csv([OLD, NEW], {NEW.sha256: "normal"})), [OLD, NEW]) == {
        NEW.sha256: "normal"
    }
    rows = f"sha256,truth\n{OLD.sha256}, Pneumonia\n{'c' * 64},normal\n{NEW.sha256},\n"
    assert read_truths(written(tmp_path, rows), [OLD, NEW]) == {OLD.sha256: "pneumonia"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sha256,own\n", r"truths\.csv: has no column truth; a CSV with sha256,truth is accepted\."),
        (f"sha256,truth\n{'a' * 64},maybe\n", "truth 'maybe' in row 2; accepted are pneumonia, normal or nothing"),
        (f"sha256,truth\n{'a' * 64},normal\n{'a' * 64},pneumonia\n", "film aaaaaaaaaaaa has two truths"),
        (f"sha256,truth\n{'c' * 64},normal\n", "has no truth of a film that you have read"),
        ("", "not a readable table"),
    ],
)
def test_another_csv_is_one_sentence(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=message):
        read_truths(written(tmp_path, text), [OLD, NEW])
