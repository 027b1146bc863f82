"""Actions on a run: rename it, download its history and weights, delete it, publish it as a model."""

import time
from collections.abc import Callable

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.app.components.jobs import RECENT_SECONDS, watch_job
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.new_run import fill_form
from cxr_core.bin import KEEP_DAYS, owner_of
from cxr_core.errors import CXRError
from cxr_core.jobs.job import list_jobs
from cxr_core.publishing.jobs import start_publishing
from cxr_core.training.recipes import RECIPES
from cxr_core.training.run_actions import rename, retire, weights_h5
from cxr_core.training.runs import Run


def publish_form(run: Run, label: str = "Publish") -> None:
    """Draw the form that publishes the run's best weights as a model, and the latest job that does so.

    label: of its button.
    """
    with st.form("publish"), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Publish as", placeholder="my-model")
        if st.form_submit_button(label, icon=":material/publish:"):
            try:
                start_publishing(run, name.strip(), account())
                st.rerun()  # the frame then lists the job
            except CXRError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")
    jobs = list_jobs(time.time() - RECENT_SECONDS)
    if of_run := [job for job in jobs if job.kind == "publishing" and job.about == run.id]:
        watch_job(of_run[-1].id)


def manage_run(run: Run) -> None:
    """Draw the controls to rename the run, download its history and weights, and delete it."""
    with st.container(horizontal=True):
        if run.config().recipe in RECIPES:
            st.button("New run like this", icon=":material/content_copy:", on_click=_take_settings, args=(run,))
        own = account().may_delete(owner_of(run.folder))
        if own:
            with st.popover("Rename", icon=":material/edit:"), st.form(f"rename-{run.id}", border=False):
                name = st.text_input("Name", run.name)
                if st.form_submit_button("Rename"):
                    _apply(lambda: _rename(run, name))
        if len(run.history()):
            export_button(
                "History (CSV)",
                (run.folder / "history.csv").read_bytes(),
                f"{run.id}.csv",
                "run history",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
        if (run.folder / "best.keras").exists():
            weights = {
                ".keras": lambda: (run.folder / "best.keras").read_bytes(),
                ".weights.h5": lambda: weights_h5(run),
            }
            for suffix, read in weights.items():
                export_button(
                    f"Weights ({suffix})",
                    read,
                    f"{run.id}{suffix}",
                    "run weights",
                    icon=":material/download:",
                    on_click="ignore",
                )
        if own and not run.live:
            with st.popover("Delete", icon=":material/delete:"):
                st.write(f"It stays in the bin for {KEEP_DAYS} days. Models published from it stay.")
                if st.button("Delete this run", type="primary"):
                    _apply(lambda: _delete(run))


def _take_settings(run: Run) -> None:
    """Go to the form for a new run, filled with the settings of this one."""
    config = run.config()
    fill_form(config.recipe, config.parsed)
    st.session_state.train_go_to = "New run"


def _rename(run: Run, name: str) -> None:
    rename(run, name)
    audit.record(account(), "setting", what="name of a run", run=run.id)


def _delete(run: Run) -> None:
    retire(run, account())
    audit.record(account(), "delete", run=run.id)


def _apply(action: Callable[[], object]) -> None:
    try:
        action()
        st.rerun()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
