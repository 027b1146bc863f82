"""Agreement between the clinician's own readings and the model's, over time and by film."""

from collections.abc import Callable, Iterable
from html import escape as escaped

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.inference.number import number_text
from cxr_core.inference.reader_log import OwnReading, ReadingLog, agreement_by_day
from cxr_core.tables import table_to_csv

SHOWN_DISAGREEMENTS = 50


def show_agreement(log: ReadingLog, names: dict[str, str], number: Callable[[OwnReading], float | None]) -> None:
    """Agreement by day, the films on which clinician and model disagree, export, and deletion of the readings.

    names: file names of this session's films by sha256; the log itself holds none. number: the probability
    at the stated prevalence, in [0, 1], None where the model of a reading is not the one in use.
    """
    readings = log.all()
    days = agreement_by_day(readings)
    if not days:
        st.write("No film has a definite reading from both you and the model yet.")
    else:
        films, agreed = (sum(int(str(day[name])) for day in days) for name in ("films", "agreed"))
        st.write(f"Agreed on {agreed} of {films} films ({agreed / films:.0%}), by your latest reading of each.")
        alt = f"Agreement by day, {days[0]['day']} to {days[-1]['day']}, {agreed / films:.0%} over all"
        # Streamlit's own chart: a reading station has no Plotly.
        st.bar_chart(
            _by_day(days), x="day", y="agreement", x_label="Day", y_label="Agreement in %", height=220, alt=alt
        )
        _list_disagreements(log.latest().values(), names, number)
    if not readings:
        return
    with st.container(horizontal=True):
        import pandas as pd

        table = pd.DataFrame([vars(reading) | {"agrees": reading.agrees} for reading in readings])
        export_button(
            "Your readings as CSV",
            table_to_csv(table),
            "own_readings.csv",
            "own readings",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover("Delete them all", icon=":material/delete:"):
            st.write(f"{len(readings)} readings will be deleted for good.")
            st.button("Delete", on_click=_delete_all, args=(log,))


def _delete_all(log: ReadingLog) -> None:
    log.clear()
    audit.record(account(), "delete", what="own readings")


def _by_day(days: list[dict[str, object]]) -> dict[str, list[object]]:
    """Agreement in percent by day."""
    return {"day": [day["day"] for day in days], "agreement": [round(100 * float(str(day["share"]))) for day in days]}


def _list_disagreements(
    readings: Iterable[OwnReading], names: dict[str, str], number: Callable[[OwnReading], float | None]
) -> None:
    disagreements = [reading for reading in readings if reading.agrees is False][-SHOWN_DISAGREEMENTS:]
    if not disagreements:
        return
    items = "".join(
        f"<li>{escaped(names.get(one.sha256, f'sha256 {one.sha256[:12]}'))}: your reading {one.own}, "
        f"the model's {escaped(one.verdict)}{f' at {number_text(here)}' if (here := number(one)) is not None else ''}, "
        f"{escaped(one.at[:10])}{f'. {escaped(one.note)}' if one.note else ''}</li>"
        for one in reversed(disagreements)
    )
    st.html(f'<p>Films you and the model disagree on:</p><ul class="refused">{items}</ul>')
