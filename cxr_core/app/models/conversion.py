"""The conversion of a model for reading: its job, and the control that starts it."""

import time
from pathlib import Path

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.jobs import RECENT_SECONDS, watch_job
from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.markdown import escape_markdown
from cxr_core.bin import owner_of
from cxr_core.errors import CXRError
from cxr_core.jobs.job import list_jobs
from cxr_core.models.registry import Model
from cxr_core.paths import RELEASED_MODELS
from cxr_core.publishing.convert import known_data, validation_table
from cxr_core.publishing.jobs import start_conversion


def show_conversion(model: Model) -> None:
    """Draw the job that converts the model; for one that is not converted, the control that starts it."""
    jobs = list_jobs(time.time() - RECENT_SECONDS)
    of_model = [job for job in jobs if job.kind == "conversion" and job.about == model.version]
    if of_model:
        watch_job(of_model[-1].id)
    if model.converted or any(job.live for job in of_model):
        return
    st.warning("It is not converted for reading, so it reads no films yet.", icon=":material/sync_problem:")
    if model.folder.parent != RELEASED_MODELS and account().may_delete(owner_of(model.folder)):
        try:
            _offer(model)
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")


def convert(model: Model, data: Path | None = None) -> None:
    """Start the conversion for the account that asks for it. Raises what `start_conversion` raises."""
    start_conversion(model, data, account())
    audit.record(account(), "setting", what="model converted", model=model.name, version=model.version)


def _offer(model: Model) -> None:
    """The control. Raises InputError if the model's split table is not on this machine, and what a start raises."""
    validation_table(model)
    data = None
    if known_data(model) is None:
        data_set = escape_markdown(model.card.training.data)
        st.caption(f"Open the data set that it was trained on, {data_set}: the two networks are compared on its films.")
        index = choose_data_set()
        if index is None:
            return
        data = index.source
    if st.button("Convert for reading", type="primary", icon=":material/sync:"):
        convert(model, data)
        st.rerun()  # the frame then lists the job
