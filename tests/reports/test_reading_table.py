"""Readings as CSV and JSON."""

import csv
import io
import json

import pytest

from cxr_core.labels import NOTICE
from cxr_core.reports.reading_table import to_csv, to_json
from tests.support.readings import CREATED, reported


def test_json_is_that_of_predict_with_own_reading_and_note() -> None:
    document = json.loads(to_json([reported(own="normal", note="seen")], CREATED, {"operating_point": "rule_in"}))
    assert document["made"] == "2026-03-04T05:06:00+00:00"
    assert document["notice"] == NOTICE
    (one,) = document["films"]
    assert one["file"] == "a.jpg"
    assert one["model"] == {"name": "model", "version": "0123456789ab"}
    assert (one["own_reading"], one["note"]) == ("normal", "seen")


def test_csv_has_a_row_a_film() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([reported(), reported("b.jpg", None)], CREATED))))
    assert [row["file"] for row in rows] == ["a.jpg", "b.jpg"]
    assert [row["probability"] for row in rows] == ["0.97", ""]
    assert rows[0]["version"] == "0123456789ab"
    assert to_csv([], CREATED) == ""


@pytest.mark.parametrize("name", ["=1+1.jpg", "+x", "-x", "@x", "\tx"])
def test_csv_has_no_formula(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([reported(name)], CREATED)))
    assert row["file"] == f"'{name}"


def test_csv_accepts_names_with_commas_quotes_and_line_breaks() -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([reported('a,"b"\nc')], CREATED)))
    assert row["file"] == 'a,"b"\nc'
