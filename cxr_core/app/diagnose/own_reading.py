"""The reader's own word on a film, and how often it was ours."""

from collections.abc import Iterable
from html import escape as escaped
from typing import TYPE_CHECKING, Literal

import streamlit as st

from cxr_core.errors import CXRError
from cxr_core.inference.reader_log import MAX_NOTE, Own, OwnReading, ReadingLog, agreement_by_day
from cxr_core.inference.reading import Reading

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

OTHER: dict[str, Own] = {"pneumonia": "normal", "normal": "pneumonia"}
SHOWN_DISAGREEMENTS = 50


def ask(log: ReadingLog, reading: Reading, said: OwnReading | None, blind: bool) -> None:
    """Buttons for the reader's own reading of a film, and a note; `blind` as long as ours is not shown."""
    state = st.session_state

    def write(own: Own, before_ours: bool) -> None:
        note = state.get(f"note {reading.sha256}", "")
        try:
            log.add(
                OwnReading(
                    reading.sha256,
                    own,
                    reading.verdict,
                    reading.probability,
                    reading.model,
                    reading.version,
                    before_ours,
                    note,
                )
            )
        except CXRError as error:
            state.log_fault = str(error)

    def note_again() -> None:
        if said:
            write(said.own, said.blind)

    if fault := state.pop("log_fault", None):
        st.error(fault)
    choices: list[tuple[str, str, Own, str]] = [
        ("Pneumonia", "P", "pneumonia", ":material/change_history:"),
        ("Normal", "N", "normal", ":material/circle:"),
        ("Unsure", "U", "unsure", ":material/question_mark:"),
    ]
    if not blind and reading.verdict in OTHER:
        mine: Own = "pneumonia" if reading.verdict == "pneumonia" else "normal"
        choices = [
            ("Agree", "A", mine, ":material/thumb_up:"),
            ("Disagree", "D", OTHER[mine], ":material/thumb_down:"),
        ]
    st.markdown("**Your reading**" + (f": {said.own}" if said else ""))
    with st.container(horizontal=True, gap="xsmall"):
        for label, key, own, icon in choices:
            kind: Literal["primary", "secondary"] = "primary" if said and said.own == own else "secondary"
            st.button(label, icon=icon, shortcut=key, type=kind, on_click=write, args=(own, blind))
    st.text_input(
        "Note",
        key=f"note {reading.sha256}",
        max_chars=MAX_NOTE,
        placeholder="Note, without names",
        label_visibility="collapsed",
        on_change=note_again,
        persist_state="page",
    )


def show_agreement(log: ReadingLog, names: dict[str, str]) -> None:
    """Agreement over time, the films disagreed on, export and forgetting; `names` of this session's files by hash."""
    readings = log.all()
    days = agreement_by_day(readings)
    if not days:
        st.write("No reading of yours stands beside one of ours yet.")
    else:
        films, agreed = (sum(int(str(day[name])) for day in days) for name in ("films", "agreed"))
        st.write(f"Agreed on {agreed} of {films} films ({agreed / films:.0%}), by your last word on each.")
        alt = f"Agreement by day, {days[0]['day']} to {days[-1]['day']}, {agreed / films:.0%} over all"
        st.plotly_chart(_by_day(days), theme=None, key="agreement", config={"displayModeBar": False}, alt=alt)
        _disagreements(log.latest().values(), names)
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
        with st.popover("Forget them all", icon=":material/delete:"):
            st.write(f"{len(readings)} readings will be gone.")
            st.button("Forget", on_click=log.clear)


def _by_day(days: list[dict[str, object]]) -> "Figure":
    import plotly.graph_objects as go  # half a second, which the first page need not wait for

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


def _disagreements(readings: Iterable[OwnReading], names: dict[str, str]) -> None:
    wrong = [reading for reading in readings if reading.agrees is False][-SHOWN_DISAGREEMENTS:]
    if not wrong:
        return
    items = "".join(
        f"<li>{escaped(names.get(one.sha256, f'sha256 {one.sha256[:12]}'))}: you said {one.own}, "
        f"the model {escaped(one.verdict)}{f' at {one.probability:.0%}' if one.probability is not None else ''}, "
        f"{escaped(one.at[:10])}{f'. {escaped(one.note)}' if one.note else ''}</li>"
        for one in reversed(wrong)
    )
    st.html(f'<p>Disagreed on:</p><ul class="refused">{items}</ul>')
