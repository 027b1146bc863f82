"""Readings as PDF: a report of one film with its heatmap, or a list of many films.

A report contains nothing from a file's header; its pictures are the film as the page displays it.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

import cv2
import numpy as np
from PIL import Image

from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import heatmap_in_words
from cxr_core.labels import SYNTHETIC_FILM, VERDICTS
from cxr_core.languages import ENGLISH, NOT_REVIEWED, Message, in_language, message
from cxr_core.reports.pdf_document import PDFDocument
from cxr_core.reports.reading_table import ReportedReading

_logger = logging.getLogger(__name__)

OPACITY = 0.5
OWN = {"pneumonia": message("pneumonia"), "normal": message("normal"), "unsure": message("unsure")}
FILM_SIDE, THUMBNAIL_SIDE = 1000, 160  # pixels
Pixels = Callable[[], np.ndarray]


def film_pdf(
    film: ReportedReading,
    pixels: np.ndarray,
    created: datetime,
    details: Iterable[str] = (),
    lossy: bool = False,
    language: str = ENGLISH,
) -> bytes:
    """A report of one film: film and heatmap, verdict, probability, reasons, model and version, time, notice.

    pixels: `uint8 (H, W)`. details: sentences to print below the reasons. lossy: whether the pictures are JPEG
    compressed: a third of the time and a tenth of the size, for reports that are archived with the film itself.
    language: of the report; its reasons are translated too.
    """
    reading = film.reading
    pdf = _document(message("Chest X-ray reading"), created, language)
    if lossy:
        pdf.set_image_filter("DCTDecode")
    pdf.ln(3)
    pdf.paragraph(in_language(VERDICTS[reading.verdict], language).upper(), 26, bold=True)
    pdf.paragraph(in_language(reading.reasons[0], language), 11)
    pdf.ln(3)
    pictures = _pictures(pixels, reading, FILM_SIDE, language)
    width = (pdf.epw - 4) / 2 if len(pictures) > 1 else pdf.epw * 0.6
    height = min(width * pixels.shape[0] / pixels.shape[1], 120)
    top = pdf.get_y()
    for column, (picture, alt) in enumerate(pictures):
        left = pdf.l_margin + column * (width + 4)
        pdf.image(picture, left, top, width, height, keep_aspect_ratio=True, alt_text=alt)
    pdf.set_y(top + height + 4)
    for sentence in filter(None, [*reading.reasons[1:], heatmap_in_words(reading), *details]):
        pdf.paragraph(in_language(sentence, language), 10)
    if film.own:
        pdf.paragraph(in_language(_own(film.own, film.note), language).strip(), 10)
    if film.synthetic:
        pdf.paragraph(in_language(SYNTHETIC_FILM, language), 10)
    pdf.ln(2)
    about = message("File {file}, sha256 {sha256}", file=reading.file, sha256=reading.sha256)
    pdf.paragraph(in_language(about, language), 8)
    pdf.paragraph(in_language(_model(reading), language), 8)
    _logger.info("a report of one film is written")
    return bytes(pdf.output())


def list_pdf(
    films: Iterable[tuple[ReportedReading, Pixels]],
    created: datetime,
    details: Iterable[str] = (),
    language: str = ENGLISH,
) -> bytes:
    """A report of many films, a row each with thumbnails of film and heatmap.

    films: each with a function that returns its pixels, `uint8 (H, W)`; called for one film at a time, to save memory.
    details: sentences to print above the list. language: of the report; its reasons are translated too.
    """
    pdf = _document(message("Chest X-ray readings"), created, language)
    for sentence in details:
        pdf.paragraph(in_language(sentence, language), 9)
    pdf.ln(2)
    models: dict[Message, None] = {}  # each once, in order of appearance
    for film, pixels in films:
        reading = film.reading
        models[_model(reading)] = None
        pdf.keep_together(22 + 4 * len(reading.reasons))
        top, left = pdf.get_y(), pdf.l_margin
        for column, (picture, alt) in enumerate(_pictures(pixels(), reading, THUMBNAIL_SIDE, language)):
            pdf.image(picture, left + column * 26, top, 24, 19, keep_aspect_ratio=True, alt_text=alt)
        pdf.set_left_margin(left + 55)
        pdf.set_xy(left + 55, top)
        verdict = in_language(VERDICTS[reading.verdict], language).upper()
        pdf.paragraph(f"{verdict}   {in_language(reading.reasons[0], language)}", 10, bold=True)
        name = _shortened(reading.file, 70)
        marked = message("{file} (synthetic)", file=name) if film.synthetic else name
        pdf.paragraph(in_language(marked, language), 8)
        pdf.paragraph(f"sha256 {reading.sha256[:32]}", 7)
        for reason in reading.reasons[1:]:
            pdf.paragraph(in_language(reason, language), 8)
        if film.own:
            pdf.paragraph(in_language(_own(film.own, _shortened(film.note, 90)), language).strip(), 8)
        pdf.set_left_margin(left)
        pdf.set_xy(left, max(top + 21, pdf.get_y() + 1))
    for model in models:
        pdf.paragraph(in_language(model, language), 8)
    return bytes(pdf.output())


def _document(title: str, created: datetime, language: str) -> PDFDocument:
    title = in_language(title, language)
    pdf = PDFDocument(title, created, language=language)
    pdf.paragraph(title, 16, bold=True)
    if language != ENGLISH:
        pdf.paragraph(in_language(NOT_REVIEWED, language), 9, bold=True)
    time = f"{created:%Y-%m-%d %H:%M %Z}".strip()
    pdf.paragraph(in_language(message("Created {time}", time=time), language), 9)
    return pdf


def _pictures(pixels: np.ndarray, reading: Reading, side: int, language: str) -> list[tuple[Image.Image, str]]:
    """The film, and the film with its heatmap if there is one, with alternative texts; no side over `side` pixels."""
    scale = min(1, side / max(pixels.shape))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    pictures = [(Image.fromarray(small), in_language(message("The film"), language))]
    if reading.heatmap is not None:
        alt = in_language(message("The film with its heatmap"), language)
        pictures.append((Image.fromarray(overlay(small, reading.heatmap, OPACITY)), alt))
    return pictures


def _model(reading: Reading) -> Message:
    return message("Model {model}, version {version}", model=reading.model, version=reading.version)


def _own(own: str, note: str) -> Message:
    return message("Own reading: {own}. {note}", own=OWN.get(own, own), note=note)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
