"""The same report as PDF, on A4."""

from typing import Any

import pandas as pd
from fpdf import FPDF, FontFace

from cxr_core.labels import NOTICE
from cxr_core.reports.evaluation.claim import SECTIONS, Block, Report
from cxr_core.reports.evaluation.drawing import Drawing, on_paper

BLUE, INK, GREY = (0, 98, 155), (27, 39, 51), (85, 97, 108)
CHART_WIDTH, CHART_HEIGHT, GAP = 84.0, 68.0, 4.0  # millimetres


class _Paper(FPDF):
    def footer(self) -> None:
        """The notice and the page number."""
        self.set_y(-13)
        self.set_font("Helvetica", size=8)
        self.set_text_color(*GREY)
        self.cell(0, 5, f"{NOTICE} Item numbers: CLAIM, 2024 update. Page {self.page_no()}", align="C")


def to_pdf(report: Report) -> bytes:
    """The whole document."""
    paper = _Paper(format="A4")
    paper.set_auto_page_break(True, margin=18)
    paper.set_title(_latin(report.title))
    paper.set_creator("CXR Workbench")
    paper.add_page()
    _words(paper, report.title, 16, "B", BLUE)
    _blocks(paper, report.lead)
    for item in report.items:
        if item.number in SECTIONS:
            paper.ln(3)
            _room(paper, 35)
            paper.start_section(SECTIONS[item.number])
            _words(paper, SECTIONS[item.number], 13, "B", BLUE)
        _room(paper, 25)
        paper.ln(1.5)
        _words(paper, f"{item.number}  {item.title}", 10, "B", INK)
        _blocks(paper, item.blocks)
    return bytes(paper.output())


def _room(paper: FPDF, millimetres: float) -> None:
    """A new page unless there is so much room left: no heading stands at the foot of a page."""
    if paper.get_y() + millimetres > paper.h - 18:
        paper.add_page()


def _blocks(paper: FPDF, blocks: list[Block]) -> None:
    waiting: list[Drawing] = []
    for block in blocks:
        if isinstance(block, Drawing):
            waiting.append(block)
            continue
        _charts(paper, waiting)
        waiting = []
        if isinstance(block, pd.DataFrame):
            _table(paper, block)
        else:
            _words(paper, block, 9)
    _charts(paper, waiting)


def _charts(paper: FPDF, drawings: list[Drawing]) -> None:
    """Two beside each other."""
    for start in range(0, len(drawings), 2):
        if paper.get_y() + CHART_HEIGHT > paper.h - 20:
            paper.add_page()
        top = paper.get_y() + 2
        for place, drawing in enumerate(drawings[start : start + 2]):
            on_paper(paper, drawing, paper.l_margin + place * (CHART_WIDTH + GAP), top, CHART_WIDTH)
        paper.set_xy(paper.l_margin, top + CHART_HEIGHT)


def _table(paper: FPDF, table: pd.DataFrame) -> None:
    table = table.loc[:, (table.astype(str) != "").any()]
    longest = [max([len(str(name)), *(len(str(value)) for value in table[name])]) for name in table]
    widths = tuple(min(48, max(11, length)) for length in longest)
    paper.set_font("Helvetica", size=7)
    paper.set_text_color(*INK)
    paper.set_draw_color(213, 219, 224)
    style: dict[str, Any] = {"headings_style": FontFace(emphasis="BOLD", fill_color=(242, 245, 247))}
    with paper.table(
        col_widths=widths, line_height=3.6, borders_layout="HORIZONTAL_LINES", text_align="LEFT", **style
    ) as drawn:
        for values in [list(table), *table.itertuples(index=False)]:
            row = drawn.row()
            for value in values:
                row.cell(_latin(str(value)))
    paper.ln(1.5)


def _words(paper: FPDF, text: str, size: float, style: str = "", colour: tuple[int, int, int] = INK) -> None:
    paper.set_font("Helvetica", style, size)
    paper.set_text_color(*colour)
    paper.multi_cell(0, size * 0.46, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _latin(text: str) -> str:
    """What PDF's own fonts can show; anything else becomes a question mark."""
    return text.replace("–", "-").encode("latin-1", "replace").decode("latin-1")
