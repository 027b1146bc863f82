"""The report of an evaluation as PDF."""

from typing import Any

import pandas as pd
from fpdf import FontFace

from cxr_core.reports.evaluation.claim import SECTIONS, Block, Report
from cxr_core.reports.evaluation.drawing import Drawing, draw_on_pdf
from cxr_core.reports.pdf_document import INK, Colour, PDFDocument, latin

BLUE: Colour = (0, 98, 155)
CHART_WIDTH, CHART_HEIGHT, GAP = 84.0, 68.0, 4.0  # millimetres


def to_pdf(report: Report) -> bytes:
    """The report as a PDF file."""
    pdf = PDFDocument(report.title, footnote="Item numbers: CLAIM, 2024 update.")
    pdf.paragraph(report.title, 16, True, BLUE)
    _blocks(pdf, report.lead)
    for item in report.items:
        if item.number in SECTIONS:
            pdf.ln(3)
            pdf.keep_together(35)
            pdf.start_section(SECTIONS[item.number])
            pdf.paragraph(SECTIONS[item.number], 13, True, BLUE)
        pdf.keep_together(25)
        pdf.ln(1.5)
        pdf.paragraph(f"{item.number}  {item.title}", 10, True)
        _blocks(pdf, item.blocks)
    return bytes(pdf.output())


def _blocks(pdf: PDFDocument, blocks: list[Block]) -> None:
    pending: list[Drawing] = []
    for block in blocks:
        if isinstance(block, Drawing):
            pending.append(block)
            continue
        _charts(pdf, pending)
        pending = []
        if isinstance(block, pd.DataFrame):
            _table(pdf, block)
        else:
            pdf.paragraph(block, 9)
    _charts(pdf, pending)


def _charts(pdf: PDFDocument, drawings: list[Drawing]) -> None:
    """Drawings, two in a row."""
    for start in range(0, len(drawings), 2):
        pdf.keep_together(CHART_HEIGHT)
        top = pdf.get_y() + 2
        for column, drawing in enumerate(drawings[start : start + 2]):
            draw_on_pdf(pdf, drawing, pdf.l_margin + column * (CHART_WIDTH + GAP), top, CHART_WIDTH)
        pdf.set_xy(pdf.l_margin, top + CHART_HEIGHT)


def _table(pdf: PDFDocument, table: pd.DataFrame) -> None:
    table = table.loc[:, (table.astype(str) != "").any()]
    longest = [max([len(str(name)), *(len(str(value)) for value in table[name])]) for name in table]
    widths = tuple(min(48, max(11, length)) for length in longest)
    pdf.set_font("Helvetica", size=7)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(213, 219, 224)
    style: dict[str, Any] = {"headings_style": FontFace(emphasis="BOLD", fill_color=(242, 245, 247))}
    with pdf.table(
        col_widths=widths, line_height=3.6, borders_layout="HORIZONTAL_LINES", text_align="LEFT", **style
    ) as drawn:
        for values in [list(table), *table.itertuples(index=False)]:
            row = drawn.row()
            for value in values:
                row.cell(latin(str(value)))
    pdf.ln(1.5)
