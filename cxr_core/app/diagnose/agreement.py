"""Agreement between the clinician's own readings and the model's, over time and by film."""

from collections.abc import Iterable
from html import escape as escaped
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.inference.reader_log import OwnReading, ReadingLog, agreement_by_day

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHOWN_DISAGREEMENTS = 50


def show_agreement(log: ReadingLog, names: dict[str, str]) -> None:
    """Agreement by day, the films on which clinician and model disagree, export, and deletion of the readings.

    names: file names of this session's films by sha256; the log itself holds none.
    """
    readings = log.all()
    days = agreement_by_day(readings)
    if not days:
        st.write("No film has a definite reading from both you and the model yet.")
    else:
        films, agreed = (sum(int(str(day[name])) for day in days) for name in ("films", "agreed"))
        st.write(f"Agreed on {agreed} of {films} films ({agreed / films:.0%}), by your latest reading of each.")
        alt = f"Agreement by day, {days[0]['day']} to {days[-1]['day']}, {agreed / films:.0%} over all"
        st.plotly_chart(_chart(days), theme=None, key="agreement", config={"displayModeBar": False}, alt=alt)
        _list_disagreements(log.latest().values(), names)
    if not readings:
        return
    with st.container(horizontal=True):
        import pandas as pd

        table = pd.DataFrame([vars(reading) | {"agrees": reading.agrees} for reading in readings])
        st.download_button(
            "Your readings as CSV",
            table.to_csv(index=False),
            "own_readings.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover("Delete them all", icon=":material/delete:"):
            st.write(f"{len(readings)} readings will be deleted for good.")
            st.button("Delete", on_click=log.clear)


def _chart(days: list[dict[str, object]]) -> "Figure":
    import plotly.graph_objects as go  # takes half a second, so not before the first page is drawn

    chart = go.Figure(
        go.Scatter(
            x=[day["day"] for day in days],
            y=[day["share"] for day in days],
            text=[f"{day['agreed']} of {day['films']}" for day in days],
            mode="lines+markers",
            line_color="#6cc4ff",
            hovertemplate="%{x}: %{text}<extra></extra>",
        )
    )
    chart.update_layout(
        template="plotly_dark",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=220,
        margin={"t": 10, "b": 30, "l": 50, "r": 10},
    )
    chart.update_yaxes(range=[0, 1.02], tickformat=".0%", title="Agreement")
    chart.update_xaxes(type="category")
    return chart


def _list_disagreements(readings: Iterable[OwnReading], names: dict[str, str]) -> None:
    disagreements = [reading for reading in readings if reading.agrees is False][-SHOWN_DISAGREEMENTS:]
    if not disagreements:
        return
    items = "".join(
        f"<li>{escaped(names.get(one.sha256, f'sha256 {one.sha256[:12]}'))}: your reading {one.own}, "
        f"the model's {escaped(one.verdict)}{f' at {one.probability:.0%}' if one.probability is not None else ''}, "
        f"{escaped(one.at[:10])}{f'. {escaped(one.note)}' if one.note else ''}</li>"
        for one in reversed(disagreements)
    )
    st.html(f'<p>Films you and the model disagree on:</p><ul class="refused">{items}</ul>')
