"""The settings of a run: those that differ from its recipe first, its tags and note."""

import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.new_run import label
from cxr_core.training.run_comparison import changed_settings
from cxr_core.training.runs import Run


def show_settings(run: Run) -> None:
    """Draw the tags and the note, the settings that were changed, and the others folded."""
    notes = run.notes()
    if notes.tags:
        with st.container(horizontal=True):
            for tag in notes.tags:
                st.badge(escape_markdown(tag), icon=":material/sell:", color="gray")
    if notes.note:
        st.markdown(escape_markdown(notes.note))
    table = changed_settings(run).assign(Setting=lambda rows: rows["Setting"].map(label))
    changed, others = (table[table["changed"] == wanted].drop(columns="changed") for wanted in (True, False))
    st.markdown("**Settings that differ from the recipe**")
    if len(changed):
        st.dataframe(changed, hide_index=True, alt=f"{len(changed)} settings that differ from the recipe")
    else:
        st.caption(f"None: the settings are those of {escape_markdown(run.config().recipe)}.")
    with st.expander(f"The other {len(others)} settings", icon=":material/tune:"):
        st.dataframe(others[["Setting", "This run"]], hide_index=True, alt="The settings that are the recipe's")
