"""The input gate applied to a data set, on request, since it takes minutes for thousands of films."""

import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import DatasetIssue
from cxr_core.errors import CXRError
from cxr_core.inference.gate.data_set_audit import count_unchecked, refused_films, run_gate


def gate_with_progress(index: Index) -> DatasetIssue | None:
    """The films that the gate refuses; None while some are unchecked and none of the others is refused."""
    if missing := count_unchecked(index):
        _offer(index, missing)
    found = refused_films(index)
    return found if len(found.films) or not count_unchecked(index) else None


def _offer(index: Index, missing: int) -> None:
    slot = st.empty()

    def show(done: int, total: int) -> None:
        slot.progress(done / total, f"Checking with the input gate: {done:,} of {total:,} films")

    with slot.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Find what is not a frontal chest film", icon=":material/radiology:")
        st.caption(
            f"The input gate of the Diagnose page has not checked {missing:,} of these films. Thousands of films take "
            "some minutes; the results are stored."
        )
    if clicked:
        slot.progress(0.0, "Loading the input gate")
        try:
            run_gate(index, show)
        except CXRError as error:
            slot.error(escape_markdown(str(error)), icon=":material/error:")
            return
        slot.empty()
        if len((found := refused_films(index)).films):
            st.session_state.fault = found.name  # selects it in `show_issues`
