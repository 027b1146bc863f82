"""The worklist of the hospital's films on Diagnose: the most urgent first, refreshed by itself, one reader a film."""

import time
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from cxr_core.app.diagnose.from_archive import may_see_patients
from cxr_core.app.diagnose.intake import brought_any
from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.own_reading import OWN
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.ward.opened import LIST, is_open, me, open_film, show_opened
from cxr_core.errors import CXRError
from cxr_core.hospital.ward.arrival import URGENCY, initials, week_of
from cxr_core.hospital.ward.drift import Drift
from cxr_core.hospital.ward.store import Ward, WardFilm, existing_ward
from cxr_core.inference.number import number_text
from cxr_core.labels import VERDICTS
from cxr_core.languages import counted

REFRESH_SECONDS = 5.0
SHOWN, SHOWN_DECIDED, SHOWN_DRIFTS = 40, 10, 2
DRIFT_DAYS = 14  # a drift is said for
ICONS = {"pneumonia": "priority_high", "uncertain": "schedule", "not_assessable": "help", "normal": "check"}
STYLE = """<style>
[class*="st-key-ward_film"] :is(button, button div) { justify-content: flex-start; text-align: left; }
</style>"""


def show_ward(blind: bool) -> None:
    """Draw the worklist and the controls of the film that is open; nothing where no node keeps one.

    blind: whether verdicts are hidden until the reader has given theirs; the films are then in order of arrival.
    """
    st.session_state.pop("ward_changed", None)  # this run shows it
    try:
        ward = existing_ward()
        if ward is None or not (ward.setting("worklist") or any(ward.counts().values())):
            return
        show_opened(ward, blind)
    except CXRError as error:
        st.error(escape_markdown(error_text(error)))
        return
    if problem := st.session_state.pop("ward_message", ""):
        st.warning(escape_markdown(problem))
    st.session_state.setdefault(LIST, not brought_any())
    area = st.expander(_("Worklist of the hospital"), icon=":material/list_alt:", key=LIST, on_change="rerun")
    if not area.open:
        return
    with area:
        st.html(STYLE)

        @st.fragment(run_every=REFRESH_SECONDS)
        def refresh() -> None:
            if st.session_state.pop("ward_changed", False):
                st.rerun()
            try:
                _draw(ward, blind)
            except CXRError as error:
                st.error(escape_markdown(error_text(error)))

        refresh()


def _draw(ward: Ward, blind: bool) -> None:
    _say_drifts(ward.drifts(week_of(time.time() - DRIFT_DAYS * 86400)))
    counts = ward.counts()
    waiting, decided = counts["waiting"] + counts["claimed"], counts["decided"]
    texts = [
        _(counted("{count} film waits for a reader.", "{count} films wait for a reader.", waiting)),
        _(counted("{count} is decided.", "{count} are decided.", decided)),
    ]
    if waiting > SHOWN:
        texts.append(_("The first {count} are listed.", count=SHOWN))
    st.caption(" ".join(texts))
    last = ward.decided(SHOWN_DECIDED)  # read first: a film that is decided meanwhile is then listed once
    _list(ward.waiting(SHOWN, by_arrival=blind), blind)
    _list(last, False)


def _say_drifts(drifts: Sequence[Drift]) -> None:
    if not drifts:
        return
    lines = [escape_markdown(_(drift.sentence)) for drift in drifts[:SHOWN_DRIFTS]]
    if (more := len(drifts) - SHOWN_DRIFTS) > 0:
        lines.append(_(counted("{count} more has changed.", "{count} more have changed.", more)))
    st.warning("  \n".join(lines), icon=":material/trending_up:")


def _list(films: Sequence[WardFilm], blind: bool) -> None:
    now = time.time()
    for film in films:
        key, version = film.arrival.key, film.arrival.version
        st.button(
            _line(film, now, blind),
            key=f"ward_film {key} {version}",
            icon=f":material/{_icon(film, blind)}:",
            width="stretch",
            disabled=film.is_claimed(now) and film.reader != me(),
            on_click=open_film,
            args=(key, version),
        )


def _icon(film: WardFilm, blind: bool) -> str:
    if is_open(film.arrival.key, film.arrival.version):
        return "visibility"
    return "hourglass_empty" if blind else ICONS[film.arrival.verdict]


def _line(film: WardFilm, now: float, blind: bool) -> str:
    """One film in a line: urgency, arrival, patient, verdict, reader."""
    arrival = film.arrival
    answer = _(VERDICTS[arrival.verdict])
    if arrival.number is not None:
        answer += f" {_(number_text(arrival.number))}"
    parts = [_("Verdict hidden")] if blind else [f"**{_(URGENCY[arrival.verdict])}**", answer]
    return " · ".join(
        [_time(film.arrived, now), escape_markdown(_patient(film)), *parts, escape_markdown(_reader(film, now))]
    )


def _patient(film: WardFilm) -> str:
    """Initials; name and id for a role that may see them."""
    identity = film.arrival.identity
    if may_see_patients():
        return " ".join(part for part in (identity.name.replace("^", " ").strip(), identity.patient_id) if part)
    return initials(identity.name) or _("no name")


def _reader(film: WardFilm, now: float) -> str:
    who = _("you") if film.reader == me() else film.reader_name or _("a reader")
    if film.decided_at is not None:
        return _("read by {reader}: {reading}", reader=who, reading=OWN[film.own])
    return _("being read by {reader}", reader=who) if film.is_claimed(now) else _("not read")


def _time(seconds: float, now: float) -> str:
    """The time of day where the browser is, with the date before today."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, OSError, KeyError):
        zone = ZoneInfo("UTC")
    at, today = datetime.fromtimestamp(seconds, zone), datetime.fromtimestamp(now, zone)
    return f"{at:%H:%M}" if at.date() == today.date() else f"{at:%Y-%m-%d %H:%M}"
