"""Warnings above an evaluation: films that the model was trained on, and a model whose split is not by patient."""

from contextlib import suppress

import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.models.registry import Model
from cxr_core.paths import runs_folder
from cxr_core.reports.evaluation.build import split_warnings


def show_cautions(evaluation: Evaluation, model: Model | None) -> None:
    """Draw the warnings that apply to the estimates; model: None for another system's scores."""
    overlap = evaluation.record.overlap
    if overlap and overlap.warning:
        st.warning(escape_markdown(overlap.warning), icon=":material/visibility_off:")
    if decisions := evaluation.record.decisions:
        st.info(decisions, icon=":material/rule:")
    if model:
        for message in _split_warnings(_files_behind(model), model):
            st.warning(escape_markdown(message), icon=":material/diversity_1:")


def _files_behind(model: Model) -> list[tuple[str, int, int]]:
    """Path, size and time of change of every file that the warnings are computed of."""
    found = [(model.version, 0, 0)]
    for file in (*model.folder.glob("split.csv"), *runs_folder().glob("*/*.csv"), *runs_folder().glob("*/*.json")):
        with suppress(OSError):
            status = file.stat()
            found.append((str(file), status.st_size, status.st_mtime_ns))
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _split_warnings(files: list[tuple[str, int, int]], _model: Model) -> list[str]:
    """`split_warnings`, cached because it reads all runs of this machine."""
    return split_warnings(_model)
