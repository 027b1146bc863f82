"""What the clinician's own readings show: agreement with the model, time to decision, and who was right."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from html import escape as escaped
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.own_reading import OWN
from cxr_core.app.diagnose.session import SPOKEN
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
from cxr_core.languages import counted, percent
from cxr_core.metrics.estimate import Estimate

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
        st.write(_("No film has a definite reading from both you and the model yet."))
    else:
        share = agreement(readings)
        agreed = sum(int(str(day["agreed"])) for day in days)
        st.write(
            _(
                "Agreed on {agreed} of {films} films ({share}), by your latest reading of each.",
                agreed=agreed,
                films=share.n,
                share=_percent(share),
            )
        )
        alt = _(
            "Agreement by day, {first} to {last}, {share} over all",
            first=days[0]["day"],
            last=days[-1]["day"],
            share=percent(share.value or 0),
        )
        _draw_days(days, alt)
    if not readings:
        return
    _show_times(readings)
    _show_who_was_right(readings, truths)
    _list_disagreements(log.latest().values(), names, number)
    with st.container(horizontal=True):
        export_button(
            _("Your readings as CSV"),
            lambda: _csv(readings, truths),
            "own_readings.csv",
            "own readings",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover(_("Enter truths from a CSV"), icon=":material/fact_check:"):
            _take_truths(log, readings)
        with st.popover(_("Delete them all"), icon=":material/delete:"):
            deleted = counted(
                "{count} reading will be deleted for good, with the truths that you entered.",
                "{count} readings will be deleted for good, with the truths that you entered.",
                len(readings),
            )
            st.write(_(deleted))
            st.button(_("Delete"), on_click=_delete_all, args=(log,))


def _delete_all(log: ReadingLog) -> None:
    log.clear()
    audit.record(account(), "delete", what="own readings")


def _csv(readings: list[OwnReading], truths: dict[str, Truth]) -> str:
    from cxr_core.reports.own_readings_table import own_readings_csv

    return own_readings_csv(readings, truths)


def _take_truths(log: ReadingLog, readings: list[OwnReading]) -> None:
    """A control that takes the exported CSV back, its column `truth` filled in."""
    file = st.file_uploader(
        _("A CSV with sha256,truth: your exported readings with the column truth filled in"),
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
            st.error(escape_markdown(error_text(error)), icon=":material/error:")
        else:
            known = counted(
                "The truth is known of {count} film of this file.",
                "The truth is known of {count} films of this file.",
                len(found),
            )
            st.success(_(known), icon=":material/check_circle:")


def _draw_days(days: list[dict[str, object]], alt: str) -> None:
    """Agreement in percent by day, with its interval. Streamlit's own chart: a reading station has no Plotly."""
    values = {name: [100 * float(str(day[name])) for day in days] for name in ("share", "low", "high")}
    title = _("Agreement in %, 95% interval")
    day = {"field": "day", "type": "nominal", "title": _("Day")}
    bar = {"field": "share", "type": "quantitative", "title": title, "scale": {"domain": [0, 100]}}
    line = {"y": {"field": "low", "type": "quantitative", "title": title}, "y2": {"field": "high"}}
    layers = [
        {"mark": {"type": "bar", "opacity": 0.6}, "encoding": {"x": day, "y": bar}},
        {"mark": {"type": "rule", "strokeWidth": 2, "color": "#9aa7b4"}, "encoding": {"x": day, **line}},
    ]
    st.vega_lite_chart({"day": [one["day"] for one in days], **values}, {"layer": layers}, height=220, alt=alt)


def _show_times(readings: list[OwnReading]) -> None:
    times = decision_times(readings)
    if not (times.blind.n or times.shown.n):
        return
    st.markdown(f"**{_('Time to your first decision on a film')}**")
    rows = {_("Before the model's answer was shown"): times.blind, _("With the model's answer"): times.shown}
    st.table(
        {
            _("Reading"): list(rows),
            _("Films"): [str(one.n) for one in rows.values()],
            _("Median, seconds"): [_seconds(one) for one in rows.values()],
        },
        alt=_("Time to decision before and with the model's answer"),
    )
    saved = times.saved
    if saved is not None and saved.value is not None:
        seconds = _decimal(abs(saved.value))
        if saved.value >= 0:
            text = _("With the model's answer the median is {seconds} seconds shorter.", seconds=seconds)
        else:
            text = _("With the model's answer the median is {seconds} seconds longer.", seconds=seconds)
        if saved.low is not None and saved.high is not None:
            low, high = _decimal(saved.low), _decimal(saved.high)
            text += " " + _("95% interval of what is saved: {low} to {high} seconds.", low=low, high=high)
        st.write(text)
    st.caption(
        _(
            "Only fair if the films are chosen by chance: see the settings. Films that stayed on screen for over "
            "{minutes} minutes are left out, here {films}.",
            minutes=round(INTERRUPTED_SECONDS / 60),
            films=times.interrupted,
        )
    )


def _show_who_was_right(readings: list[OwnReading], truths: dict[str, Truth]) -> None:
    found = who_was_right(readings, truths)
    if found is None:
        st.caption(_("Enter the truth of a film, once you know it, to see who was right."))
        return
    st.markdown(f"**{_('Right, where you know the truth')}**")
    rows = {
        _("You, before the model's answer"): found.blind,
        _("You, with the model's answer"): found.shown,
        _("The model"): found.model,
    }
    st.table(
        {
            _("Reading"): list(rows),
            _("Of the films with pneumonia"): [_right(one.pneumonia) for one in rows.values()],
            _("Of the normal films"): [_right(one.normal) for one in rows.values()],
            _("No clear answer"): [str(one.not_called) for one in rows.values()],
        },
        alt=_("How often you and the model were right"),
    )
    st.write(
        _(
            "By your latest reading of each film, both were right on {both}, only you on {reader}, only the model on "
            "{model}, neither on {neither}.",
            both=found.both,
            reader=found.only_reader,
            model=found.only_model,
            neither=found.neither,
        )
    )
    what = changes(readings, truths)
    if what.films:
        st.write(
            _(
                "Of {films} films that you had read before its answer, you changed {changed} after it: {right} to what "
                "is true, {wrong} away from it.",
                films=what.films,
                changed=what.changed,
                right=what.to_right,
                wrong=what.to_wrong,
            )
        )
    st.caption(_("95% intervals of Wilson, each film once: your readings do not hold which films are of one patient."))


def _list_disagreements(
    readings: Iterable[OwnReading], names: dict[str, str], number: Callable[[OwnReading], float | None]
) -> None:
    disagreements = [reading for reading in readings if reading.agrees is False][-SHOWN_DISAGREEMENTS:]
    if not disagreements:
        return
    items = "".join(
        f"<li>{escaped(_disagreement(one, names, number))}{f'. {escaped(one.note)}' if one.note else ''}</li>"
        for one in reversed(disagreements)
    )
    heading = escaped(_("Films you and the model disagree on:"))
    st.html(f'<p>{heading}</p><ul class="refused">{items}</ul>')


def _disagreement(one: OwnReading, names: dict[str, str], number: Callable[[OwnReading], float | None]) -> str:
    """With the number that was shown and its prevalence; of a reading of an earlier version, the number here."""
    about = {
        "file": names.get(one.sha256, f"sha256 {one.sha256[:12]}"),
        "own": OWN[one.own],
        "verdict": SPOKEN.get(one.verdict, one.verdict),
        "day": one.at[:10],
    }
    if one.probability_here is not None and one.prevalence is not None:
        return _(
            "{file}: your reading {own}, the model's {verdict} at {number} where {patients} of 100 patients have it, "
            "{day}",
            number=number_text(one.probability_here),
            patients=of_100(one.prevalence),
            **about,
        )
    here = number(one)
    if here is None:
        return _("{file}: your reading {own}, the model's {verdict}, {day}", **about)
    shown = number_text(here)
    return _("{file}: your reading {own}, the model's {verdict} at {number}, {day}", number=shown, **about)


def _percent(share: Estimate) -> str:
    """The share in percent with its interval: `82%, 95% interval 70% to 90%`."""
    value, low, high = (percent(end or 0) for end in (share.value, share.low, share.high))
    return _("{value}, 95% interval {low} to {high}", value=value, low=low, high=high)


def _right(rate: Estimate) -> str:
    if not rate.n:
        return "–"
    right = round((rate.value or 0) * rate.n)
    return _("{right} of {films} ({share})", right=right, films=rate.n, share=_percent(rate))


def _seconds(median: Estimate) -> str:
    if median.value is None:
        return "–"
    value = _decimal(median.value)
    if median.low is None or median.high is None:
        return _("{number}", number=value)
    low, high = _decimal(median.low), _decimal(median.high)
    return _("{value} (95% interval {low} to {high})", value=value, low=low, high=high)


def _decimal(seconds: float) -> Decimal:
    return Decimal(f"{seconds:.1f}")
