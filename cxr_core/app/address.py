"""Addresses: what a page shows is in its address (query parameters), so that a link, a reload and Back find it."""

from collections.abc import Container, Mapping

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
    write_addresses({name: value})


def write_addresses(values: Mapping[str, str | None]) -> None:
    """`write_address` for several names in one step, which Back undoes in one."""
    for name, value in values.items():
        st.session_state[_written(name)] = value
    former = st.query_params.to_dict()
    written = {name: value for name, value in {**former, **values}.items() if value is not None}
    if written != former:
        st.query_params.from_dict(written)


def name_page(*names: str) -> None:
    """The title of the browser's tab: what is shown, then the page, then the app."""
    st.set_page_config(page_title=" · ".join((*names, APP)))


def _written(name: str) -> str:
    return f"{name}_in_address"
