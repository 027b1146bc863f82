"""CSV that leaves the app: no formulas, no pseudonyms; what is read again is as it was."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.limits import read_table
from cxr_core.tables import guarded, rows_to_csv, table_to_csv, without_pseudonyms

FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "'=x", "''-x"]
HARMLESS = ["a.jpeg", "", "'quoted'", "1-2", "胸片", 'a "b", c']


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cells = next(csv.DictReader(io.StringIO(rows_to_csv([{"file": text, "other": 1}], ["file"]))))
    assert cells == {"file": f"'{text}"}
    table = pd.DataFrame({"file": [text], "score": [-0.5]})
    assert next(csv.DictReader(io.StringIO(table_to_csv(table)))) == {"file": f"'{text}", "score": "-0.5"}
    named = pd.DataFrame({"n": [1]}, index=pd.Index([text], name="file"))
    assert next(csv.DictReader(io.StringIO(table_to_csv(named, index=True))))["file"] == f"'{text}"


def test_what_is_no_formula_stays() -> None:
    assert [guarded(text) for text in [*HARMLESS, -1, None, 0.5]] == [*HARMLESS, -1, None, 0.5]


def test_a_table_is_read_again_as_it_was(tmp_path: Path) -> None:
    names = [*FORMULAS, *HARMLESS]
    names.remove("\tx")
    (tmp_path / "t.csv").write_text(table_to_csv(pd.DataFrame({"path": names, "n": "1"})), encoding="utf-8")
    assert read_table(tmp_path / "t.csv")["path"].tolist() == names


def test_patients_of_dicom_films_are_numbered() -> None:
    table = pd.DataFrame({"patient": ["dicom-1f", "person1", "dicom-0a", "dicom-1f"]})
    assert without_pseudonyms(table)["patient"].tolist() == ["patient-1", "person1", "patient-2", "patient-1"]
    assert without_pseudonyms(pd.DataFrame({"file": ["a"]})).columns.tolist() == ["file"]
    assert table["patient"][0] == "dicom-1f"
