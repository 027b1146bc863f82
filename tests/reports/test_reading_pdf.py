"""Readings as PDF."""

import numpy as np
import pytest

from cxr_core.reports.pdf_document import PDFDocument
from cxr_core.reports.reading_pdf import film_pdf, list_pdf
from tests.support.readings import CREATED, reported


@pytest.fixture
def film() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (300, 400), np.uint8)


@pytest.mark.parametrize("probability", [0.97, None])
def test_pdf_of_a_film(film: np.ndarray, probability: float | None) -> None:
    data = film_pdf(reported(probability=probability, synthetic=True, own="normal"), film, CREATED, ["A detail."])
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Subtype /Image") == (1 if probability is None else 2)


def test_pdf_of_many_films_gets_the_pixels_one_film_at_a_time(film: np.ndarray) -> None:
    calls = []

    def pixels() -> np.ndarray:
        calls.append(len(calls))
        return film

    data = list_pdf([(reported(f"{i}.jpg"), pixels) for i in range(30)], CREATED)
    assert len(calls) == 30
    assert data.count(b"/Type /Page\n") == 3


def test_pdf_of_many_films_has_the_reasons_of_each(film: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    paragraph = PDFDocument.paragraph

    def remembered(pdf: PDFDocument, text: str, size: float, bold: bool = False) -> None:
        written.append(text)
        paragraph(pdf, text, size, bold)

    monkeypatch.setattr(PDFDocument, "paragraph", remembered)
    one = reported("a.jpg")
    list_pdf([(one, lambda: film)], CREATED)
    text = "\n".join(written)
    assert [text.count(reason) for reason in one.reading.reasons] == [1] * len(one.reading.reasons)


@pytest.mark.parametrize("name", ["фильм 胸部.jpg", "<script>.jpg", "x" * 500, "a\x00b\n.jpg"])
def test_pdf_accepts_any_name(film: np.ndarray, name: str) -> None:
    assert film_pdf(reported(name), film, CREATED).startswith(b"%PDF-")
    assert list_pdf([(reported(name), lambda: film)], CREATED).startswith(b"%PDF-")


@pytest.mark.parametrize("shape", [(16, 3000), (3000, 16), (64, 64)])
def test_pdf_accepts_any_shape(shape: tuple[int, int]) -> None:
    assert film_pdf(reported(), np.zeros(shape, np.uint8), CREATED).startswith(b"%PDF-")
