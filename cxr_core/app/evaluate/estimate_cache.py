"""Cached estimates and curves, so that a slider responds at once. `key` identifies the films and the system."""

from typing import Any

import numpy as np
import streamlit as st

from cxr_core.errors import DataSetError
from cxr_core.metrics import curves as curve_points
from cxr_core.metrics.classification import Metrics, evaluate
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.prevalence import predictive_values
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.subgroups import Subgroup, evaluate_subgroups

SUBGROUP_DRAWS = 500


@st.cache_data(max_entries=128, show_spinner=False)
def estimates(key: str, _scores: Scores, threshold: float) -> Metrics:
    """All estimates at a threshold."""
    return evaluate(_scores, threshold)


@st.cache_data(max_entries=128, show_spinner=False)
def predictive_values_at(key: str, _scores: Scores, threshold: float, prevalence: float) -> dict[str, Estimate]:
    """PPV and NPV at a prevalence, 0 to 1."""
    return predictive_values(_scores, threshold, prevalence)


@st.cache_data(max_entries=16, show_spinner=False)
def curves(key: str, _scores: Scores) -> dict[str, Any]:
    """The points of every chart; instead of those that need both classes, a message if one is missing."""
    points: dict[str, Any] = {}
    for name, compute in (
        ("roc", curve_points.roc_curve),
        ("band", curve_points.roc_band),
        ("precision_recall", curve_points.precision_recall_curve),
        ("reliability", curve_points.reliability_diagram),
        ("histogram", curve_points.score_histogram),
        ("decision", curve_points.decision_curve),
    ):
        try:
            points[name] = compute(_scores)
        except DataSetError as error:
            points[name] = str(error)
    return points


@st.cache_data(max_entries=16, show_spinner=False)
def subgroups(key: str, _scores: Scores, _groups: dict[str, np.ndarray], threshold: float) -> list[Subgroup]:
    """The estimates of each subgroup; _groups: a mask `bool (N,)` of the films by name."""
    return evaluate_subgroups(_scores, _groups, threshold, SUBGROUP_DRAWS)
