"""The gate of Diagnose over a data set, on request: it takes minutes on thousands of films."""

import streamlit as st

from cxr_core.app.data_set_picker import as_written
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import DatasetIssue
from cxr_core.errors import CXRError
from cxr_core.inference.gate.data_set_audit import ask_gate, refused_films, unasked


def gate_with_progress(index: Index) -> DatasetIssue | None:
    """What the gate refuses; None if it refuses nothing so far and was not asked about every film."""
    if missing := unasked(index):
        _offer(index, missing)
    found = refused_films(index)
    return found if len(found.films) or not unasked(index) else None


def _offer(index: Index, missing: int) -> None:
    slot = st.empty()

    def show(done: int, total: int) -> None:
        slot.progress(done / total, f"Asking the gate: {done:,} of {total:,} films")

    with slot.container(horizontal=True, vertical_alignment="center"):
        wanted = st.button("Find what is not a frontal chest film", icon=":material/radiology:")
        st.caption(
            f"The gate of Diagnose has not been asked about {missing:,} of these films. Thousands at full size take "
            "some minutes; its answers are kept."
        )
    if wanted:
        slot.progress(0.0, "Loading the gate")
        try:
            ask_gate(index, show)
        except CXRError as error:
            slot.error(as_written(str(error)), icon=":material/error:")
            return
        slot.empty()
        if len((found := refused_films(index)).films):
            st.session_state.fault = found.name  # the choice of `show_issues`
