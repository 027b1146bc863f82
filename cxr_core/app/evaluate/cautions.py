"""Warnings above an evaluation: films that the model was trained on, and a model whose split is not by patient."""

import streamlit as st

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation.build import split_warnings


def show_cautions(evaluation: Evaluation, model: Model | None) -> None:
    """Draw the warnings that apply to the estimates; model: None for another system's scores."""
    if overlap := (evaluation.metrics.get("seen_in_training") or {}).get("warning"):
        st.warning(overlap, icon=":material/visibility_off:")
    if model:
        for message in _split_warnings(model.version, model):
            st.warning(message, icon=":material/diversity_1:")


@st.cache_data(ttl="1m", max_entries=32, show_spinner=False)
def _split_warnings(version: str, _model: Model) -> list[str]:
    """`split_warnings`, cached because it reads all runs of this machine."""
    return split_warnings(_model)
