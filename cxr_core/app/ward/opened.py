"""The film of the worklist that this session reads: opened beside its prior, then accepted, corrected or given back."""

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.diagnose.dropped_files import DroppedFile
from cxr_core.app.diagnose.intake import next_patient
from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import announce
from cxr_core.app.diagnose.own_reading import OWN
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError, NotFound
from cxr_core.hospital.ward.prior import prior_of
from cxr_core.hospital.ward.store import Ward, WardFilm, existing_ward
from cxr_core.inference.reader_log import Own, OwnReading, ReadingLog
from cxr_core.labels import VERDICTS
from cxr_core.languages import message

OPEN, LIST = "ward_open", "ward_list"  # the film that is open; whether the list is unfolded
MAX_NOTE = 200  # characters
TAKEN = message("Another reader has taken this film.")


def me() -> str:
    """How the worklist names the account of this session; the user of this machine has no id."""
    return account().id or "local"


def is_open(key: str, version: str) -> bool:
    """Whether this session has the film open."""
    return st.session_state.get(OPEN) == (key, version)


def open_film(key: str, version: str) -> None:
    """Claim a film, and show it in the viewer beside its prior; a message if another reader has it."""
    state = st.session_state
    state.ward_changed = True
    try:
        ward = existing_ward()
        if ward is None:
            return
        film = ward.find(key, version)
        if not ward.claim(key, version, me(), account().name):
            state.ward_message = _(TAKEN)
            return
        if not is_open(key, version):
            _give_back(ward)
        files = {f"ward {key}": DroppedFile(f"ward {key}", f"{key}.dcm", ward.film(key))}
        prior = prior_of(ward, film)
    except CXRError as error:
        state.ward_message = error_text(error)
        return
    next_patient()
    state[OPEN], state.ward_prior = (key, version), prior.sentence
    if prior.data:
        files[f"prior {key}"] = DroppedFile(f"prior {key}", f"prior-{prior.day}.dcm", prior.data)
        state.beside = 1
    state.films, state[LIST] = files, False
    announce([f"ward {key}"])


def show_opened(ward: Ward, blind: bool) -> None:
    """Draw the decision on the film that this session has open, while it is open. Raises CXRError."""
    state = st.session_state
    if OPEN not in state:
        return
    key, version = state[OPEN]
    if f"ward {key}" not in state.get("films", {}):  # "Next patient", or the film was removed
        _give_back(ward)
        return
    try:
        film = ward.find(key, version)
    except NotFound as error:
        del state[OPEN]
        st.warning(escape_markdown(error_text(error)))
        return
    with st.container(border=True, key="ward_decision"):
        st.markdown(_heading(film, blind))
        if sentence := state.get("ward_prior"):
            st.caption(escape_markdown(_(sentence)))
        with st.container(horizontal=True, gap="xsmall"):
            for label, own, icon in _choices(film, blind):
                st.button(label, icon=icon, on_click=_decide, args=(own, blind), key=f"ward_{own}")
            st.button(_("Give back"), icon=":material/undo:", on_click=_close, type="tertiary")
        st.text_input(
            _("Note to the report"), key="ward_note", max_chars=MAX_NOTE, placeholder=_("Note, without names")
        )
        if ward.setting("updates"):
            st.caption(_("Your decision goes to the archive as an updated report."))


def _heading(film: WardFilm, blind: bool) -> str:
    if film.decided_at is not None:
        return _("Your decision on this film of the worklist: **{reading}**.", reading=OWN[film.own])
    if blind:
        return _("This film of the worklist is yours to read; the hospital's report on it is hidden.")
    verdict = VERDICTS[film.arrival.verdict]
    return _("This film of the worklist is yours to read. The report on it says **{verdict}**.", verdict=verdict)


def _choices(film: WardFilm, blind: bool) -> list[tuple[str, Own, str | None]]:
    """Label, word and icon of the buttons; accepting comes first."""
    verdict = film.arrival.verdict
    words: list[Own] = ["pneumonia", "normal", "unsure"]
    if blind or verdict not in ("pneumonia", "normal"):
        return [(_("Decide: {reading}", reading=OWN[own]), own, None) for own in words]
    words.sort(key=lambda own: own != verdict)
    accept, *others = words
    return [
        (_("Accept: {reading}", reading=OWN[accept]), accept, ":material/check:"),
        *((_("Correct: {reading}", reading=OWN[own]), own, None) for own in others),
    ]


def _decide(own: Own, blind: bool) -> None:
    """Store the reader's word: in the audit log, in the worklist, and in the reader's own log."""
    state = st.session_state
    key, version = state[OPEN]
    try:
        ward = existing_ward()
        if ward is None:
            return
        film = ward.find(key, version)
        arrival, blind = film.arrival, blind and film.decided_at is None
        if film.reader != me():
            state.ward_message = _(TAKEN)
            return
        audit.record(account(), "decision", sha256=arrival.sha256, version=version, verdict=arrival.verdict, own=own)
        note = state.get("ward_note", "").strip()
        if not ward.decide(key, version, me(), own, note):
            state.ward_message = _(TAKEN)
            return
        own_reading = OwnReading(
            arrival.sha256,
            own,
            arrival.verdict,
            arrival.probability,
            arrival.model,
            arrival.version,
            blind,
            note,
            prevalence=arrival.prevalence,
            probability_here=arrival.number,
        )
        ReadingLog(reader=account().id).add(own_reading)
    except CXRError as error:
        state.ward_message = error_text(error)


def _close() -> None:
    """Give the film back, and ask for the next one."""
    try:
        if ward := existing_ward():
            _give_back(ward)
    except CXRError as error:
        st.session_state.ward_message = error_text(error)
    next_patient()


def _give_back(ward: Ward) -> None:
    """Free the film that this session has open, unless it is decided."""
    if opened := st.session_state.pop(OPEN, None):
        st.session_state[LIST] = True
        key, version = opened
        ward.give_back(key, version, me())
    st.session_state.pop("ward_note", None)
