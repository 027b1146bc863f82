"""The head of a page that works on a data set: its title, and the open data set with the way to another."""

import streamlit as st

from cxr_core.app.data_set_picker import data_set_controls, open_data_set_in_words


def page_heading(title: str) -> None:
    """Draw the title and, while a data set is open, its name and film count, which opens the choice of another."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False, width="stretch")
        if shown := open_data_set_in_words():
            with st.popover(shown, icon=":material/folder_open:", width="content", help="Open another data set"):
                data_set_controls()
