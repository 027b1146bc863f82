"""Sentences on files that cannot be read and are passed over."""

import streamlit as st

from cxr_core.app.markdown import escape_markdown


def show_passed_over(messages: list[str]) -> None:
    """Draw a warning for each file."""
    for message in messages:
        st.warning(escape_markdown(message), icon=":material/broken_image:")
