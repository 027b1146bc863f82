"""How long each film was on screen in this session, and whether the model's answer to it was seen."""

from dataclasses import dataclass, field
from time import monotonic

import streamlit as st

KEY = "decision_time"


@dataclass
class _Watch:
    """film: on screen since `since`, a time of `time.monotonic`; "" if none is. spent: seconds of films before it."""

    film: str = ""
    since: float = 0.0
    spent: dict[str, float] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)


def note_on_screen(sha256: str, hidden: bool) -> None:
    """The page shows this film, with the model's answer unless that is `hidden`."""
    watch: _Watch = st.session_state.setdefault(KEY, _Watch())
    now = monotonic()
    if watch.film != sha256:
        watch.spent[watch.film] = watch.spent.get(watch.film, 0.0) + now - watch.since
        watch.film, watch.since = sha256, now
    if not hidden:
        watch.answered.add(sha256)


def note_empty_page() -> None:
    """The page shows no film, and nothing of one is left of the run before."""
    if KEY in st.session_state:
        note_on_screen("", True)


def any_on_screen() -> bool:
    """Whether a film is on screen since the last run."""
    watch: _Watch | None = st.session_state.get(KEY)
    return watch is not None and watch.film != ""


def seconds_on_screen(sha256: str) -> float:
    """Seconds that the film, the one on screen, has been there, without the time that other films were."""
    watch: _Watch = st.session_state[KEY]
    return watch.spent.get(sha256, 0.0) + monotonic() - watch.since


def answer_was_seen(sha256: str) -> bool:
    """Whether this session has shown the model's answer to the film."""
    return sha256 in st.session_state[KEY].answered
