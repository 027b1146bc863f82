"""Evaluate models of this machine: controls for models, data set and split, and the jobs with their progress."""

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.components.jobs import watch_job
from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index
from cxr_core.datasets.split import saved_splits
from cxr_core.errors import CXRError
from cxr_core.evaluation.evaluation import split_label
from cxr_core.evaluation.jobs import start_evaluation
from cxr_core.evaluation.train_test_overlap import held_out_split
from cxr_core.jobs.job import find_job
from cxr_core.labels import SPLITS
from cxr_core.models.registry import Model


def evaluate_models(models: list[Model]) -> None:
    """Controls that start a job for each model to evaluate."""
    names = [model.name for model in models]
    chosen = st.multiselect("Models", names, default=names[:1], key="evaluate_models")
    index = choose_data_set()
    if index is None:
        st.info("Open a data set with labelled films, or use the demo set, to evaluate on.", icon=":material/info:")
        return
    index = curated(index)
    if index.decisions:
        st.caption(index.decisions)
    selected = [model for model in models if model.name in chosen]
    labels = splits_of(index, selected)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.selectbox("Split", list(labels), format_func=labels.__getitem__, key="evaluate_split", width=420)
        start = st.button("Evaluate", type="primary", icon=":material/play_arrow:", disabled=not selected)
    if start:
        try:
            jobs = [start_evaluation(model, index, split, account()).id for model in selected]
            st.session_state.evaluation_jobs = [*st.session_state.get("evaluation_jobs", []), *jobs]
            st.rerun()  # the frame then lists the jobs
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")


def watch_evaluations() -> str | None:
    """Draw the evaluations that this session has started; returns the id of the last that has ended since, once."""
    ended = None
    for job_id in list(st.session_state.get("evaluation_jobs", [])):
        try:
            job = find_job(job_id)
        except CXRError:  # deleted
            st.session_state.evaluation_jobs.remove(job_id)
            continue
        if job.status == "finished":
            st.session_state.evaluation_jobs.remove(job_id)
            ended = str(job.result["evaluation"])
        else:
            watch_job(job_id)
    return ended


def splits_of(index: Index, models: list[Model]) -> dict[str, str]:
    """The display names of the splits that can be evaluated, by their keys; test splits first."""
    films = index.readable
    counts = films["split"].value_counts()
    labels: dict[str, str] = {}
    for model in models:
        held_out = held_out_split(model)
        if held_out and model.card.training.fingerprint == index.fingerprint:
            labels[held_out] = f"Held-out patients of {model.name}"
            labels[held_out.replace(":test", ":val")] = f"Validation patients of {model.name}"
    for part in reversed(SPLITS):
        if counts.get(part, 0):
            labels[part] = f"{split_label(part).capitalize()}, {counts[part]:,} films"
    for table in saved_splits(index):
        labels |= {f"{table}:{part}": f"Saved split {table.stem}: {part}" for part in reversed(SPLITS)}
    return labels | {"all": f"All {len(films):,} films"}
