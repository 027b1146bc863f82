"""The language of Diagnose: of the session, chosen on the page or by `?lang=`, at first the browser's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from cxr_core.app.address import write_address
from cxr_core.errors import CXRError
from cxr_core.languages import ENGLISH, LANGUAGES, NOT_REVIEWED, Message, in_language, message, nearest_language

KEY, ADDRESS = "language", "lang"
_spoken: ContextVar[str] = ContextVar("spoken", default="")


def page_language() -> str:
    """The language of this script run, or of the block of `speaking`; a key of LANGUAGES."""
    return _spoken.get() or session_language()


def session_language() -> str:
    """The session's language, a key of LANGUAGES. It is asked once a run: a page has a hundred texts."""
    state = st.session_state
    asked = st.query_params.get(ADDRESS)
    if asked in LANGUAGES and asked != state.get("language_asked"):
        state.language_asked = state[KEY] = asked
    if state.get(KEY) not in LANGUAGES:
        state[KEY] = nearest_language(st.context.locale)
    return str(state[KEY])


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """The language of what is made in this block: a script run, or what is made where there is no session to ask."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def choose_language() -> None:
    """Draw the choice of the language, and in every language but English that nobody has reviewed it."""
    st.segmented_control(
        translated("Language"),
        list(LANGUAGES),
        format_func=_name,
        required=True,
        key=KEY,
        persist_state="session",
        on_change=_keep_in_address,
        label_visibility="collapsed",
        wrap=True,
    )
    if page_language() != ENGLISH:
        st.caption(translated(NOT_REVIEWED))


def _name(language: str) -> str:
    """A language's name for Markdown, in ASCII: for other text Streamlit first loads the catalogue of all emoji."""
    return LANGUAGES[language].encode("ascii", "xmlcharrefreplace").decode()


def translated(text: str, **values: Any) -> str:
    """A message, or an English template with its placeholders filled in, in the session's language."""
    return in_language(text if isinstance(text, Message) else message(text, **values), page_language())


def error_text(error: CXRError) -> str:
    """An error's sentence in the session's language."""
    return error.in_language(page_language())


def _keep_in_address() -> None:
    st.session_state.language_asked = st.session_state[KEY]
    write_address(ADDRESS, st.session_state[KEY])
