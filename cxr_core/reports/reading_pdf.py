"""Readings on paper: one film with its heatmap, or a list of many, as PDF.

Nothing of a file's header is in a report; what is drawn is the film as it was shown.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import cv2
import numpy as np
from fpdf import FPDF
from PIL import Image

from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import heat_in_words, in_words, percent
from cxr_core.labels import VERDICTS
from cxr_core.reports.reading_table import Reported

OPACITY = 0.5
FILM_SIDE, SMALL_SIDE = 1000, 160  # pixels
Pixels = Callable[[], np.ndarray]


class _Paper(FPDF):
    """A4 with the notice and the page number at the foot of every page."""

    def __init__(self, title: str, notice: str, made: datetime) -> None:
        super().__init__(format="A4")
        self.notice = notice
        self.set_title(title)
        self.set_creator("CXR Workbench")
        self.set_creation_date(made)
        self.set_auto_page_break(True, margin=20)
        self.add_page()
        self.line_of_text(title, 16, bold=True)
        self.line_of_text(f"Made {made:%Y-%m-%d %H:%M %Z}".strip(), 9)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.cell(0, 4, _latin(self.notice), new_x="LMARGIN", new_y="NEXT")
        self.cell(0, 4, f"Page {self.page_no()}")

    def line_of_text(self, text: str, size: float, bold: bool = False) -> None:
        """A paragraph from the left margin."""
        self.set_font("Helvetica", "B" if bold else "", size)
        self.multi_cell(0, size * 0.45, _latin(text), new_x="LMARGIN", new_y="NEXT")


def film_pdf(film: Reported, pixels: np.ndarray, made: datetime, notice: str, details: Iterable[str] = ()) -> bytes:
    """A report of one film: film and heatmap, verdict, numbers, reasons, model and version, time, notice.

    pixels: `uint8 (H, W)`. details: sentences to print below the numbers.
    """
    reading = film.reading
    paper = _Paper("Chest X-ray reading", notice, made)
    paper.ln(3)
    paper.line_of_text(VERDICTS[reading.verdict].upper(), 26, bold=True)
    paper.line_of_text(reading.reasons[0], 11)
    paper.ln(3)
    pictures = _pictures(pixels, reading, FILM_SIDE)
    width = (paper.epw - 4) / 2 if len(pictures) > 1 else paper.epw * 0.6
    height = min(width * pixels.shape[0] / pixels.shape[1], 120)
    top = paper.get_y()
    for place, (picture, alt) in enumerate(pictures):
        paper.image(
            picture, paper.l_margin + place * (width + 4), top, width, height, keep_aspect_ratio=True, alt_text=alt
        )
    paper.set_y(top + height + 4)
    for sentence in filter(None, [*reading.reasons[1:], heat_in_words(reading), *details]):
        paper.line_of_text(sentence, 10)
    if film.own:
        paper.line_of_text(f"The reader's own reading: {film.own}. {film.note}".strip(), 10)
    if film.synthetic:
        paper.line_of_text("A synthetic film, drawn by a computer. It is nobody's.", 10)
    paper.ln(2)
    paper.line_of_text(f"File {reading.file}, sha256 {reading.sha256}", 8)
    paper.line_of_text(f"Model {reading.model}, version {reading.version}", 8)
    return bytes(paper.output())


def list_pdf(
    films: Iterable[tuple[Reported, Pixels]], made: datetime, notice: str, details: Iterable[str] = ()
) -> bytes:
    """A report of many films, a row each with a small film and heatmap; pixels are asked for one film at a time."""
    paper = _Paper("Chest X-ray readings", notice, made)
    for sentence in details:
        paper.line_of_text(sentence, 9)
    paper.ln(2)
    models: dict[str, None] = {}  # in order, each once
    for film, pixels in films:
        reading = film.reading
        models[f"{reading.model}, version {reading.version}"] = None
        if paper.will_page_break(22):
            paper.add_page()
        top, left = paper.get_y(), paper.l_margin
        for place, (picture, alt) in enumerate(_pictures(pixels(), reading, SMALL_SIDE)):
            paper.image(picture, left + place * 26, top, 24, 19, keep_aspect_ratio=True, alt_text=alt)
        paper.set_left_margin(left + 55)
        paper.set_xy(left + 55, top)
        paper.line_of_text(f"{VERDICTS[reading.verdict].upper()}   {_numbers(reading)}", 10, bold=True)
        paper.line_of_text(f"{_short(reading.file, 70)}{'  (synthetic)' if film.synthetic else ''}", 8)
        paper.line_of_text(f"sha256 {reading.sha256[:32]}", 7)
        if film.own:
            paper.line_of_text(f"Own reading: {film.own}. {_short(film.note, 90)}".strip(), 8)
        paper.set_left_margin(left)
        paper.set_xy(left, max(top + 21, paper.get_y() + 1))
    for model in models:
        paper.line_of_text(f"Model {model}", 8)
    return bytes(paper.output())


def _numbers(reading: Reading) -> str:
    if reading.probability is None:
        return "No probability is given."
    words = in_words(reading.probability, reading.verdict).capitalize()
    return f"{words}: probability {percent(reading.probability)}, threshold {percent(reading.threshold)}"


def _pictures(pixels: np.ndarray, reading: Reading, side: int) -> list[tuple[Image.Image, str]]:
    """The film, and the film with its heatmap if it has one, no side over `side` pixels."""
    scale = min(1, side / max(pixels.shape))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    pictures = [(Image.fromarray(small), "The film")]
    if reading.heatmap is not None:
        pictures.append((Image.fromarray(overlay(small, reading.heatmap, OPACITY)), "The film with its heatmap"))
    return pictures


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _latin(text: str) -> str:
    """The letters that PDF's built-in fonts have; "?" for others, so that no font need be shipped."""
    return text.encode("latin-1", "replace").decode("latin-1")
