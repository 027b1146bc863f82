"""What the clinician's own readings show: agreement with the model, time to decision, and who was right."""

from collections.abc import Callable, Iterable
from html import escape as escaped
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.inference.number import number_text, of_100
from cxr_core.inference.reader_log import OwnReading, ReadingLog, Truth
from cxr_core.inference.reader_summary import (
    INTERRUPTED_SECONDS,
    agreement,
    agreement_by_day,
    changes,
    decision_times,
    who_was_right,
)
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.estimate_text import interval

SHOWN_DISAGREEMENTS = 50


def show_agreement(log: ReadingLog, names: dict[str, str], number: Callable[[OwnReading], float | None]) -> None:
    """Agreement by day, times, who was right, the films on which clinician and model disagree, export, and deletion.

    names: file names of this session's films by sha256; the log itself holds none. number: the probability
    at the stated prevalence, in [0, 1], for readings of earlier versions, which have none; None where the model of a
    reading is not the one in use.
    """
    readings, truths = log.all(), log.truths()
    days = agreement_by_day(readings)
    if not days:
        st.write("No film has a definite reading from both you and the model yet.")
    else:
        share = agreement(readings)
        agreed = sum(int(str(day["agreed"])) for day in days)
        st.write(f"Agreed on {agreed} of {share.n} films ({_percent(share)}), by your latest reading of each.")
        _draw_days(days, f"Agreement by day, {days[0]['day']} to {days[-1]['day']}, {share.value:.0%} over all")
    if not readings:
        return
    _show_times(readings)
    _show_who_was_right(readings, truths)
    _list_disagreements(log.latest().values(), names, number)
    with st.container(horizontal=True):
        export_button(
            "Your readings as CSV",
            lambda: _csv(readings, truths),
            "own_readings.csv",
            "own readings",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover("Enter truths from a CSV", icon=":material/fact_check:"):
            _take_truths(log, readings)
        with st.popover("Delete them all", icon=":material/delete:"):
            st.write(f"{len(readings)} readings will be deleted for good, with the truths that you entered.")
            st.button("Delete", on_click=_delete_all, args=(log,))


def _delete_all(log: ReadingLog) -> None:
    log.clear()
    audit.record(account(), "delete", what="own readings")


def _csv(readings: list[OwnReading], truths: dict[str, Truth]) -> str:
    from cxr_core.reports.own_readings_table import own_readings_csv

    return own_readings_csv(readings, truths)


def _take_truths(log: ReadingLog, readings: list[OwnReading]) -> None:
    """A control that takes the exported CSV back, its column `truth` filled in."""
    file = st.file_uploader(
        "A CSV with sha256,truth: your exported readings with the column truth filled in",
        type=["csv"],
        key="truths_csv",
    )
    if file is None:
        return
    from cxr_core.reports.own_readings_table import read_truths

    with TemporaryDirectory() as folder:
        path = Path(folder) / "truths.csv"
        path.write_bytes(file.getvalue())
        try:
            found = read_truths(path, readings)
            if found.items() - log.truths().items():
                log.set_truths(found)
                st.rerun()
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
        else:
            st.success(f"The truth is known of {len(found)} films of this file.", icon=":material/check_circle:")


def _draw_days(days: list[dict[str, object]], alt: str) -> None:
    """Agreement in percent by day, with its interval. Streamlit's own chart: a reading station has no Plotly."""
    percent = {name: [100 * float(str(day[name])) for day in days] for name in ("share", "low", "high")}
    title = "Agreement in %, 95% interval"
    day = {"field": "day", "type": "nominal", "title": "Day"}
    bar = {"field": "share", "type": "quantitative", "title": title, "scale": {"domain": [0, 100]}}
    line = {"y": {"field": "low", "type": "quantitative", "title": title}, "y2": {"field": "high"}}
    layers = [
        {"mark": {"type": "bar", "opacity": 0.6}, "encoding": {"x": day, "y": bar}},
        {"mark": {"type": "rule", "strokeWidth": 2, "color": "#9aa7b4"}, "encoding": {"x": day, **line}},
    ]
    st.vega_lite_chart({"day": [one["day"] for one in days], **percent}, {"layer": layers}, height=220, alt=alt)


def _show_times(readings: list[OwnReading]) -> None:
    times = decision_times(readings)
    if not (times.blind.n or times.shown.n):
        return
    st.markdown("**Time to your first decision on a film**")
    rows = [("Before the model's answer was shown", times.blind), ("With the model's answer", times.shown)]
    st.table(
        {
            "": [title for title, _ in rows],
            "Films": [str(one.n) for _, one in rows],
            "Median, seconds": [_seconds(one) for _, one in rows],
        },
        alt="Time to decision before and with the model's answer",
    )
    saved = times.saved
    if saved is not None and saved.value is not None:
        between = interval(saved, 1)
        st.write(
            f"With the model's answer the median is {abs(saved.value):.1f} seconds "
            f"{'shorter' if saved.value >= 0 else 'longer'}"
            f"{f' (95% interval of what is saved: {between})' if between else ''}."
        )
    st.caption(
        f"Only fair if the films are chosen by chance: see the settings. {times.interrupted} films that stayed on "
        f"screen for over {INTERRUPTED_SECONDS / 60:.0f} minutes are left out."
    )


def _show_who_was_right(readings: list[OwnReading], truths: dict[str, Truth]) -> None:
    found = who_was_right(readings, truths)
    if found is None:
        st.caption("Enter the truth of a film, once you know it, to see who was right.")
        return
    st.markdown("**Right, where you know the truth**")
    rows = [
        ("You, before the model's answer", found.blind),
        ("You, with the model's answer", found.shown),
        ("The model", found.model),
    ]
    st.table(
        {
            "": [title for title, _ in rows],
            "Of the films with pneumonia": [_right(one.pneumonia) for _, one in rows],
            "Of the normal films": [_right(one.normal) for _, one in rows],
            "No clear answer": [str(one.not_called) for _, one in rows],
        },
        alt="How often you and the model were right",
    )
    st.write(
        f"By your latest reading of each film, both were right on {found.both}, only you on {found.only_reader}, only "
        f"the model on {found.only_model}, neither on {found.neither}."
    )
    what = changes(readings, truths)
    if what.films:
        st.write(
            f"Of {what.films} films that you had read before its answer, you changed {what.changed} after it: "
            f"{what.to_right} to what is true, {what.to_wrong} away from it."
        )
    st.caption("95% intervals of Wilson, each film once: your readings do not hold which films are of one patient.")


def _list_disagreements(
    readings: Iterable[OwnReading], names: dict[str, str], number: Callable[[OwnReading], float | None]
) -> None:
    disagreements = [reading for reading in readings if reading.agrees is False][-SHOWN_DISAGREEMENTS:]
    if not disagreements:
        return
    items = "".join(
        f"<li>{escaped(names.get(one.sha256, f'sha256 {one.sha256[:12]}'))}: your reading {one.own}, "
        f"the model's {escaped(one.verdict)}{_number(one, number)}, "
        f"{escaped(one.at[:10])}{f'. {escaped(one.note)}' if one.note else ''}</li>"
        for one in reversed(disagreements)
    )
    st.html(f'<p>Films you and the model disagree on:</p><ul class="refused">{items}</ul>')


def _number(one: OwnReading, number: Callable[[OwnReading], float | None]) -> str:
    """The number that was shown, with its prevalence; of a reading of an earlier version, the number here."""
    if one.probability_here is not None and one.prevalence is not None:
        return f" at {number_text(one.probability_here)} where {of_100(one.prevalence)} of 100 patients have it"
    here = number(one)
    return "" if here is None else f" at {number_text(here)}"


def _percent(share: Estimate) -> str:
    """The share in percent with its interval: `82%, 95% interval 70% to 90%`."""
    value, low, high = (f"{end or 0:.0%}" for end in (share.value, share.low, share.high))
    return f"{value}, 95% interval {low} to {high}"


def _right(rate: Estimate) -> str:
    return f"{round((rate.value or 0) * rate.n)} of {rate.n} ({_percent(rate)})" if rate.n else "–"


def _seconds(median: Estimate) -> str:
    if median.value is None:
        return "–"
    between = interval(median, 1)
    return f"{median.value:.1f}{f' (95% interval {between})' if between else ''}"
