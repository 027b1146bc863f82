"""Saved views: the filters of the Films tab under a name."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.datasets.saved_views import MOST_CHARACTERS, delete_view, save_view, saved_views
from cxr_core.errors import CXRError

_LISTS = {"splits": "filter_split", "labels": "filter_label", "kinds": "filter_kind", "marks": "filter_marks"}
_FILES = {None: "All", True: "Usable", False: "Faulty"}


def show_views(index: Index, filters: Any) -> None:
    """Draw the saved views, each to show or delete, and the field that saves these filters. filters: a `Filters`."""
    with st.popover("Views", icon=":material/bookmark:"):
        try:
            for name, view in saved_views(index).items():
                with st.container(horizontal=True):
                    title = escape_markdown(name)
                    st.button(title, key=f"view_{name}", on_click=_apply, args=(view,), width="stretch")
                    if st.button("", icon=":material/delete:", key=f"delete_{name}", help=f"Delete {title}"):
                        delete_view(index, name)
                        audit.record(account(), "delete", what="view")
                        st.rerun()
            with st.form("save_view", border=False, clear_on_submit=True):
                name = st.text_input("Save these filters as", max_chars=MOST_CHARACTERS)
                if st.form_submit_button("Save", icon=":material/save:"):
                    save_view(index, name, asdict(filters))
                    audit.record(account(), "setting", what="view saved")
                    st.rerun()
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")


def _apply(view: Mapping[str, Any]) -> None:
    """Set the controls to the filters of a view; a value that a control does not offer is left out by it."""
    state = st.session_state
    for name, key in _LISTS.items():
        state[key] = [value for value in view.get(name) or () if isinstance(value, str)]
    state.filter_text = str(view.get("text") or "")
    state.filter_fault = _FILES.get(view.get("usable"), "All")
    seed = view.get("seed")
    state.shuffle = seed is not None
    state.shuffle_seed = seed if isinstance(seed, int) and 0 <= seed < 2**31 else 0
