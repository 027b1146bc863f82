"""Cached estimates and curves, so that a slider responds at once.

The key of each is the content that it is computed of: all labels, scores, patients and masks. A mark on a label, or an
evaluation that replaces another of the same name, therefore never shows an estimate of before.
"""

import hashlib
import json
from typing import Any

import numpy as np
import streamlit as st

from cxr_core.errors import DataSetError
from cxr_core.metrics import curves as curve_points
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.metrics.prevalence import predictive_values
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.subgroups import Subgroup, evaluate_subgroups


def content_of(scores: Scores) -> str:
    """Hexadecimal sha256 of all labels, scores, patients and film names, in their order."""
    digest = hashlib.sha256()
    for column in (scores.labels, scores.scores, scores.patients, scores.files):
        values = [] if column is None else np.asarray(column).tolist()
        digest.update(json.dumps(values, default=str).encode())
    return digest.hexdigest()


def _content_of_masks(groups: dict[str, np.ndarray]) -> str:
    parts = [f"{name}:{np.packbits(mask).tobytes().hex()}" for name, mask in groups.items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_BY_CONTENT: dict[str | type, Any] = {Scores: content_of, dict: _content_of_masks}


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=_BY_CONTENT)
def estimates(scores: Scores, threshold: float) -> Metrics:
    """All estimates at a threshold."""
    return evaluate(scores, threshold)


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs=_BY_CONTENT)
def predictive_values_at(scores: Scores, threshold: float, prevalence: float) -> dict[str, Estimate]:
    """PPV and NPV at a prevalence, 0 to 1."""
    return predictive_values(scores, threshold, prevalence)


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs=_BY_CONTENT)
def curves(scores: Scores) -> dict[str, Any]:
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
            points[name] = compute(scores)
        except DataSetError as error:
            points[name] = str(error)
    return points


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs=_BY_CONTENT)
def subgroups(scores: Scores, groups: dict[str, np.ndarray], threshold: float) -> list[Subgroup]:
    """The estimates of each subgroup; groups: a mask `bool (N,)` of the films by name."""
    return evaluate_subgroups(scores, groups, threshold)
