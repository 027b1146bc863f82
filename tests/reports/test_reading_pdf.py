"""Reports of readings: CSV, JSON and PDF."""

import csv
import io
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from cxr_core.inference.reading import Reading
from cxr_core.reports.reading_pdf import film_pdf, list_pdf
from cxr_core.reports.reading_table import Reported, to_csv, to_json

MADE = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
NOTICE = "For research."


def reported(name: str = "a.jpg", probability: float | None = 0.97, **more) -> Reported:
    heat = None if probability is None else np.eye(8, dtype=np.float32)
    verdict = "not_assessable" if probability is None else "pneumonia"
    reading = Reading(name, "f" * 64, verdict, probability, 0.5, ("One.", "Two."), heat, "model", "0123456789ab", 0.1)
    return Reported(reading, **more)


@pytest.fixture
def film() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (300, 400), np.uint8)


def test_json_is_the_contract_with_ours_beside_it() -> None:
    document = json.loads(to_json([reported(own="normal", note="seen")], MADE, {"operating_point": "rule_in"}, NOTICE))
    assert document["made"] == "2026-03-04T05:06:00+00:00"
    assert document["notice"] == NOTICE
    (one,) = document["films"]
    assert one["file"] == "a.jpg"
    assert one["model"] == {"name": "model", "version": "0123456789ab"}
    assert (one["own_reading"], one["note"]) == ("normal", "seen")


def test_csv_has_a_row_a_film() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([reported(), reported("b.jpg", None)], MADE))))
    assert [row["file"] for row in rows] == ["a.jpg", "b.jpg"]
    assert [row["probability"] for row in rows] == ["0.97", ""]
    assert rows[0]["version"] == "0123456789ab"
    assert to_csv([], MADE) == ""


@pytest.mark.parametrize("name", ["=1+1.jpg", "+x", "-x", "@x", "\tx"])
def test_csv_holds_no_formula(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([reported(name)], MADE)))
    assert row["file"] == f"'{name}"


def test_csv_takes_names_with_commas_quotes_and_lines() -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([reported('a,"b"\nc')], MADE)))
    assert row["file"] == 'a,"b"\nc'


@pytest.mark.parametrize("probability", [0.97, None])
def test_pdf_of_a_film(film: np.ndarray, probability: float | None) -> None:
    data = film_pdf(reported(probability=probability, synthetic=True, own="normal"), film, MADE, NOTICE, ["A detail."])
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Subtype /Image") == (1 if probability is None else 2)


def test_pdf_of_many_films_takes_them_one_at_a_time(film: np.ndarray) -> None:
    asked = []

    def pixels() -> np.ndarray:
        asked.append(len(asked))
        return film

    data = list_pdf([(reported(f"{i}.jpg"), pixels) for i in range(30)], MADE, NOTICE)
    assert len(asked) == 30
    assert data.count(b"/Type /Page\n") == 3


@pytest.mark.parametrize("name", ["фильм 胸部.jpg", "<script>.jpg", "x" * 500, "a\x00b\n.jpg"])
def test_pdf_takes_any_name(film: np.ndarray, name: str) -> None:
    assert film_pdf(reported(name), film, MADE, NOTICE).startswith(b"%PDF-")
    assert list_pdf([(reported(name), lambda: film)], MADE, NOTICE).startswith(b"%PDF-")


@pytest.mark.parametrize("shape", [(16, 3000), (3000, 16), (64, 64)])
def test_pdf_takes_any_shape(shape: tuple[int, int]) -> None:
    assert film_pdf(reported(), np.zeros(shape, np.uint8), MADE, NOTICE).startswith(b"%PDF-")
