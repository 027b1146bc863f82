"""The clinician's own reading of a film: buttons, a note, and the truth once it is known."""

from typing import Literal, get_args

import streamlit as st

from cxr_core.app.diagnose.decision_time import answer_was_seen, seconds_on_screen
from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.inference.reader_log import MAX_NOTE, Own, OwnReading, ReadingLog, Truth
from cxr_core.inference.reading import Reading
from cxr_core.labels import VERDICTS
from cxr_core.languages import message

OWN = {"pneumonia": message("pneumonia"), "normal": message("normal"), "unsure": message("unsure")}
OPPOSITE: dict[str, Own] = {"pneumonia": "normal", "normal": "pneumonia"}


def own_reading_controls(log: ReadingLog, reading: Reading, own_reading: OwnReading | None, blind: bool) -> None:
    """Controls that record the clinician's reading of a film.

    own_reading: the latest one recorded for this film and model, or None. blind: whether the model's reading is hidden.
    """
    state, truth_key = st.session_state, f"truth {reading.sha256}"

    def record(own: Own, blind: bool) -> None:
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
                    blind,
                    note,
                    seconds=None if own_reading else seconds_on_screen(reading.sha256),
                    prevalence=reading.prevalence,
                    probability_here=reading.probability_here,
                )
            )
        except CXRError as error:
            state.log_error = error_text(error)

    def record_note() -> None:
        if own_reading:
            record(own_reading.own, own_reading.blind)

    def record_truth() -> None:
        try:
            log.set_truths({reading.sha256: state[truth_key]})
        except CXRError as error:
            state.log_error = error_text(error)

    before_answer = blind and not answer_was_seen(reading.sha256)
    if message := state.pop("log_error", None):
        st.error(escape_markdown(message))
    choices: list[tuple[str, str, Own, str]] = [
        (_(VERDICTS["pneumonia"]), "P", "pneumonia", ":material/change_history:"),
        (_(VERDICTS["normal"]), "N", "normal", ":material/circle:"),
        (_("Unsure"), "U", "unsure", ":material/question_mark:"),
    ]
    if not blind and reading.verdict in OPPOSITE:
        same: Own = "pneumonia" if reading.verdict == "pneumonia" else "normal"
        choices = [
            (_("Agree"), "A", same, ":material/thumb_up:"),
            (_("Disagree"), "D", OPPOSITE[same], ":material/thumb_down:"),
        ]
    heading = _("Your reading: {own}", own=OWN[own_reading.own]) if own_reading else _("Your reading")
    st.markdown(f"**{heading}**")
    with st.container(horizontal=True, gap="xsmall"):
        for label, key, own, icon in choices:
            recorded = own_reading is not None and own_reading.own == own
            kind: Literal["primary", "secondary"] = "primary" if recorded else "secondary"
            st.button(label, icon=icon, shortcut=key, type=kind, on_click=record, args=(own, before_answer))
    st.text_input(
        _("Note"),
        key=f"note {reading.sha256}",
        max_chars=MAX_NOTE,
        placeholder=_("Note, without names"),
        label_visibility="collapsed",
        on_change=record_note,
        persist_state="page",
    )
    if own_reading and not blind:
        if truth_key not in state:
            state[truth_key] = log.truths().get(reading.sha256)
        st.segmented_control(
            _("The truth, once you know it"),
            get_args(Truth),
            format_func=lambda truth: _(VERDICTS[truth]),
            key=truth_key,
            on_change=record_truth,
            help=_("From the course, the culture or a second reader. Kept with your readings; it shows who was right."),
        )
