"""Downloads: the worklist as CSV, JSON and PDF, and the film on screen as PDF; each is created when it is clicked."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.app.account import account
from cxr_core.app.diagnose.language import page_language
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.session import FilmResult, pixels_of
from cxr_core.inference.decision import Choice
from cxr_core.inference.reader_log import OwnReading
from cxr_core.models.registry import find_model
from cxr_core.models.site_profile import SiteProfile
from cxr_core.reports.reading_table import ReportedReading, to_csv, to_json


def offer_downloads(
    results: Sequence[FilmResult],
    films_read: int,
    chosen: FilmResult | None,
    settings: dict[str, Any],
    own_readings: dict[tuple[str, str], OwnReading],
    details: Sequence[str],
    site: SiteProfile | None,
) -> None:
    """A popover with download buttons, drawn when it is opened.

    results: those to export, of `films_read` in all. chosen: the film on screen, or None while its verdict is hidden.
    settings: for the JSON. own_readings: by sha256 and model version. details: sentences on the settings, for the PDFs.
    site: the profile that the films were read by.
    """
    popover = st.popover(_("Export"), icon=":material/download:", key="export", on_change="rerun")
    with popover:  # with a line of it, so that what opens is not empty at first
        st.caption(
            _("Exports contain file names, but no other patient data.")
            if chosen or results
            else _("Enter your reading first.")
        )
    if not popover.open:
        return
    language = page_language()

    def reported(result: FilmResult) -> ReportedReading:
        own = own_readings.get((result.reading.sha256, result.reading.version))
        return ReportedReading(result.reading, result.synthetic, own.own if own else "", own.note if own else "")

    def one_pdf(result: FilmResult) -> bytes:
        from cxr_core.reports.reading_pdf import film_pdf

        return film_pdf(reported(result), pixels_of(result), datetime.now(UTC), details, language=language)

    def all_pdf() -> bytes:
        from cxr_core.reports.reading_pdf import list_pdf

        films = ((reported(result), partial(pixels_of, result)) for result in results)
        return list_pdf(films, datetime.now(UTC), details, language)

    def csv() -> str:
        return to_csv(map(reported, results), datetime.now(UTC))

    def json() -> str:
        return to_json(map(reported, results), datetime.now(UTC), settings)

    def fhir(result: FilmResult) -> str:
        from cxr_core.hospital.answer import Terms, answer_of
        from cxr_core.hospital.fhir import diagnostic_report, subject_of, to_json

        terms = Terms(settings["prevalence"], Choice(settings["operating_point"], settings["error_rate"]), site)
        answer = answer_of(result.reading, find_model(result.reading.model), terms)
        return to_json(
            diagnostic_report(answer, subject_of(result.reading.sha256, result.file.read()), datetime.now(UTC))
        )

    def some(kind: str) -> str:
        if len(results) == films_read:
            return _("All films as {kind}", kind=kind)
        return _("{some} of {films} films as {kind}", some=len(results), films=films_read, kind=kind)

    offers: list[tuple[str, Callable[[], str | bytes], str, str]] = []
    if chosen:
        offers.append((_("This film as PDF"), lambda: one_pdf(chosen), "reading.pdf", "application/pdf"))
        offers.append((_("This film as FHIR"), lambda: fhir(chosen), "reading.fhir.json", "application/fhir+json"))
    if results:
        offers += [
            (some("PDF"), all_pdf, "readings.pdf", "application/pdf"),
            (some("CSV"), csv, "readings.csv", "text/csv"),
            (some("JSON"), json, "readings.json", "application/json"),
        ]
    with popover:
        for label, content, name, media_type in offers:
            recorded = partial(_recorded, content, name, len(results), account())
            st.download_button(label, recorded, name, media_type, on_click="ignore", width="stretch")


def _recorded(content: Callable[[], str | bytes], name: str, films: int, who: Account) -> str | bytes:
    audit.record(who, "export", what=name, films=films)
    return content()
