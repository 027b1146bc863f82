"""The PDF document of all reports."""

import pytest

from cxr_core.reports.pdf_document import BOTTOM_MARGIN, PDFDocument, latin


@pytest.mark.parametrize(
    ("text", "expected"), [("plain é", "plain é"), ("0.9 – 1", "0.9 - 1"), ("胸部", "??"), ("", "")]
)
def test_text_is_reduced_to_latin_1(text: str, expected: str) -> None:
    assert latin(text) == expected


def test_what_does_not_fit_starts_a_new_page() -> None:
    pdf = PDFDocument("Title")
    pdf.keep_together(pdf.h - BOTTOM_MARGIN - pdf.t_margin - 1)
    assert pdf.page_no() == 1
    pdf.paragraph("A line", 10)
    pdf.keep_together(pdf.h - BOTTOM_MARGIN - pdf.t_margin - 1)
    assert pdf.page_no() == 2
