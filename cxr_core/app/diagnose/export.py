"""Downloads: the list as CSV, JSON and PDF, and the film on screen as PDF. Made when they are asked for."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from cxr_core.app.diagnose.session import Answer, pixels_of
from cxr_core.inference.reader_log import OwnReading
from cxr_core.labels import NOTICE
from cxr_core.reports.reading_table import Reported, to_csv, to_json


def offer_downloads(
    answers: Sequence[Answer],
    read: int,
    chosen: Answer | None,
    settings: dict[str, Any],
    said: dict[tuple[str, str], OwnReading],
    details: Sequence[str],
) -> None:
    """The buttons, for these answers of the `read` there are and for the one on screen, None while it is not shown.

    `settings` go into the JSON; `details`, sentences on how the answers were given, into the PDFs.
    """

    def reported(answer: Answer) -> Reported:
        own = said.get((answer.reading.sha256, answer.reading.version))
        return Reported(answer.reading, answer.synthetic, own.own if own else "", own.note if own else "")

    def one_pdf(answer: Answer) -> bytes:
        from cxr_core.reports.reading_pdf import film_pdf

        return film_pdf(reported(answer), pixels_of(answer), datetime.now(UTC), NOTICE, details)

    def all_pdf() -> bytes:
        from cxr_core.reports.reading_pdf import list_pdf

        films = ((reported(answer), lambda answer=answer: pixels_of(answer)) for answer in answers)
        return list_pdf(films, datetime.now(UTC), NOTICE, details)

    def csv() -> str:
        return to_csv(map(reported, answers), datetime.now(UTC))

    def json() -> str:
        return to_json(map(reported, answers), datetime.now(UTC), settings, NOTICE)

    which = "All films" if len(answers) == read else f"{len(answers)} of {read} films"
    offers: list[tuple[str, Callable[[], str | bytes], str, str]] = []
    if chosen:
        offers.append(("This film as PDF", lambda: one_pdf(chosen), "reading.pdf", "application/pdf"))
    if answers:
        offers += [
            (f"{which} as PDF", all_pdf, "readings.pdf", "application/pdf"),
            (f"{which} as CSV", csv, "readings.csv", "text/csv"),
            (f"{which} as JSON", json, "readings.json", "application/json"),
        ]
    with st.popover("Export", icon=":material/download:"):
        st.caption("Reports hold file names and nothing else of a patient." if offers else "Your reading comes first.")
        for label, make, name, kind in offers:
            st.download_button(label, make, name, kind, on_click="ignore", width="stretch")
