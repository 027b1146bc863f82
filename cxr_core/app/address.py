"""Addresses: what a page shows is in its address (query parameters), so that a link, a reload and Back find it.

Streamlit makes an entry of the browser's history of each change of an address. What a page writes while it is drawn is
therefore written in one step at its end (`written_last`), and `address.js` lets an address that only says more take
the place of the one before. So one Back leads to what was shown before.
"""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import streamlit as st

from cxr_core.app.markdown import escape_markdown

APP = "CXR Workbench"
WRITTEN, PAGE = "written_addresses", "page_of_addresses"
HISTORY_SCRIPT = Path(__file__).with_suffix(".js").read_text()
_pending: ContextVar[dict[str, str | None] | None] = ContextVar("pending", default=None)


def come_to_page(title: str) -> None:
    """Let a page that one comes to follow its address anew: its widgets have forgotten what they showed before.

    Without this, Back to a page would find the address as it was written, take it for followed, and show the default.
    """
    if st.session_state.get(PAGE) != title:
        st.session_state[PAGE] = title
        _written().clear()


def asked_for(name: str, known: Container[str], what: str) -> str | None:
    """What the address asks for under `name`, once when it changes: after that, the widget on the page decides.

    known: what can be shown. what: the thing in words, for the warning on an address that asks for something else.
    """
    asked = st.query_params.get(name)
    if asked is None:  # Back has left it, and Forward may come to it again
        _written().pop(name, None)
        return None
    if asked == _written().get(name):
        return None
    _written()[name] = asked
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
    """`write_address` for several names in one step, which Back undoes in one.

    One that does not reach the browser, see `written_last`, counts as not written, so that the former is not followed.
    """
    if (pending := _pending.get()) is not None:
        pending.update(values)
        return
    former = st.query_params.to_dict()
    written = {name: value for name, value in {**former, **values}.items() if value is not None}
    if written != former:
        st.query_params.from_dict(written)
    _written().update(values)


@contextmanager
def written_last() -> Iterator[None]:
    """Write what is written into the address inside the block at its end, when the browser is on the page.

    Nothing is written if the block is left before: the reader may have gone to another page meanwhile.
    """
    values: dict[str, str | None] = {}
    before = _pending.set(values)
    try:
        yield
    finally:
        _pending.reset(before)
    write_addresses(values)


def name_page(*names: str) -> None:
    """The title of the browser's tab: what is shown, then the page, then the app."""
    st.set_page_config(page_title=" · ".join((*names, APP)))


def name_film(address: str, *names: str) -> None:
    """`name_page` for a film: by its address, for file names may hold patients' names, and a browser keeps titles."""
    name_page(f"Film {address[:8]}", *names)


def _written() -> dict[str, str | None]:
    """What this session's page has followed or written last, by the name in the address."""
    written: dict[str, str | None] = st.session_state.setdefault(WRITTEN, {})
    return written
