"""The input gate applied to a data set, on request, since it takes minutes for thousands of films."""

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.components.jobs import watch_job
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import DatasetIssue
from cxr_core.errors import CXRError
from cxr_core.inference.gate.data_set_audit import count_unchecked, refused_films, start_audit
from cxr_core.jobs.job import list_jobs


def gate_with_progress(index: Index) -> DatasetIssue | None:
    """The films that the gate refuses; None while some are unchecked and none of the others is refused."""
    if missing := count_unchecked(index):
        _offer(index, missing)
    found = refused_films(index)
    if len(found.films) and st.session_state.pop("select_not_frontal", False):
        st.session_state.fault = found.name  # selects it in `show_issues`
    return found if len(found.films) or not count_unchecked(index) else None


def _offer(index: Index, missing: int) -> None:
    jobs = [job for job in list_jobs() if job.kind == "audit" and job.about == index.fingerprint]
    if jobs and jobs[-1].status != "finished":  # of any session
        watch_job(jobs[-1].id)
        if jobs[-1].live:
            return
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Find what is not a frontal chest film", icon=":material/radiology:")
        st.caption(
            f"The input gate of the Diagnose page has not checked {missing:,} of these films. Thousands of films take "
            "some minutes; the results are stored."
        )
    if clicked:
        try:
            start_audit(index, account())
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return
        st.session_state.select_not_frontal = True
        st.rerun()
