"""What the page computes, kept by evaluation so that a slider answers at once. Keys name the films and the system."""

from typing import Any

import streamlit as st

from cxr_core.errors import DataSetError
from cxr_core.metrics import curves
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.classification import Metrics, evaluate
from cxr_core.metrics.prevalence import predictive_values
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.subgroups import Subgroup, evaluate_subgroups

SUBGROUP_DRAWS = 500


@st.cache_data(max_entries=128, show_spinner=False)
def figures(key: str, _scores: Scores, threshold: float) -> Metrics:
    """Every figure at a threshold."""
    return evaluate(_scores, threshold)


@st.cache_data(max_entries=128, show_spinner=False)
def frequencies(key: str, _scores: Scores, threshold: float, prevalence: float) -> dict[str, Estimate]:
    """PPV and NPV at a prevalence."""
    return predictive_values(_scores, threshold, prevalence)


@st.cache_data(max_entries=16, show_spinner=False)
def drawings(key: str, _scores: Scores) -> dict[str, Any]:
    """The points of every drawing; one that cannot be drawn is a sentence."""
    made: dict[str, Any] = {}
    for name, draw in (
        ("roc", curves.roc_curve),
        ("band", curves.roc_band),
        ("precision_recall", curves.precision_recall_curve),
        ("reliability", curves.reliability_diagram),
        ("histogram", curves.score_histogram),
        ("decision", curves.decision_curve),
    ):
        try:
            made[name] = draw(_scores)
        except DataSetError as error:
            made[name] = str(error)
    return made


@st.cache_data(max_entries=16, show_spinner=False)
def subgroups(key: str, _scores: Scores, _groups: dict, threshold: float) -> list[Subgroup]:
    """Figures of each subgroup."""
    return evaluate_subgroups(_scores, _groups, threshold, SUBGROUP_DRAWS)
