"""The way down from the folders that the session may open data sets below, as an alternative to typing a path."""

from pathlib import Path

import streamlit as st

from cxr_core.app.account import data_roots, may_open
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.folder_listing import list_folder

HERE, MOVES = "folder_here", "folder_moves"


def pick_folder() -> str | None:
    """Draw where one is and what is there; returns the path of the folder or file to open, at the click.

    Raises DataSetError for a folder that cannot be listed.
    """
    roots = data_roots()
    here: Path | None = st.session_state.get(HERE)
    if here is None or not any(here.is_relative_to(root) for root in roots):
        here = roots[0] if len(roots) == 1 else None
    inside = list_folder(here, may_open) if here and here.is_dir() else [] if here else roots
    if here:
        st.caption(escape_markdown(str(here)))
    if inside:
        key = f"inside_{st.session_state.get(MOVES, 0)}"
        st.selectbox(
            "Folders and files in it" if here else "Folders",
            inside,
            index=None,
            format_func=lambda path: path.name or str(path),
            placeholder="Choose one to go into it",
            key=key,
            on_change=lambda: _go(st.session_state[key]),
        )
    elif here and here.is_dir():
        st.caption("It holds no folder and no .zip, .npz or .csv.")
    with st.container(horizontal=True):
        above = here.parent if here and here not in roots else None
        st.button(
            "Up",
            icon=":material/arrow_upward:",
            disabled=here is None or (above is None and len(roots) == 1),
            on_click=_go,
            args=(above,),
        )
        if here and st.button("Open this", icon=":material/folder_open:"):
            return str(here)
    return None


def _go(to: Path | None) -> None:
    """Go to a folder; the list of what is in it begins anew."""
    st.session_state.update({HERE: to, MOVES: st.session_state.get(MOVES, 0) + 1})
