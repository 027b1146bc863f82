"""Addresses: what a page shows is in its address (query parameters), so that a link, a reload and Back find it."""

from collections.abc import Container

import streamlit as st

from cxr_core.app.markdown import escape_markdown

APP = "CXR Workbench"


def asked_for(name: str, known: Container[str], what: str) -> str | None:
    """What the address asks for under `name`, once when it changes: after that, the widget on the page decides.

    known: what can be shown. what: the thing in words, for the warning on an address that asks for something else.
    """
    asked = st.query_params.get(name)
    if asked is None or asked == st.session_state.get(_written(name)):
        return None
    st.session_state[_written(name)] = asked
    if asked in known:
        return asked
    st.warning(
        f"{what} {escape_markdown(asked[:80])}: this address names none that is on this machine.",
        icon=":material/link_off:",
    )
    return None


def write_address(name: str, value: str | None) -> None:
    """Put what is shown into the address; None removes it."""
    st.session_state[_written(name)] = value
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def name_page(*names: str) -> None:
    """The title of the browser's tab: what is shown, then the page, then the app."""
    st.set_page_config(page_title=" · ".join((*names, APP)))


def _written(name: str) -> str:
    return f"{name}_in_address"
