"""Evaluate: what a model is worth, with intervals, and no way to fool oneself."""

import streamlit as st

from cxr_core.app.evaluate.compare import show_comparison
from cxr_core.app.evaluate.estimates import show_figures
from cxr_core.app.evaluate.new_evaluation import new_evaluation, other_system
from cxr_core.app.evaluate.report import show_report
from cxr_core.app.evaluate.site_acceptance import show_acceptance
from cxr_core.app.evaluate.subgroups import show_ledger, show_operating_points, show_subgroups
from cxr_core.app.evaluate.wrong_films import show_errors
from cxr_core.app.navigation import require_frame
from cxr_core.errors import CXRError
from cxr_core.evaluation.label_review import uncontested
from cxr_core.evaluation.store import Evaluation, kept, kept_systems, marked_test
from cxr_core.evaluation.test_set_access import times_opened
from cxr_core.models.registry import Model, list_models
from cxr_core.reports.evaluation.build import siblings_in_words

ROOMS = ("Evaluations", "Site acceptance")


@st.cache_data(ttl="1m", max_entries=32, show_spinner=False)
def split_warnings(version: str, _model: Model) -> list[str]:
    """What stands beside the figures of a model whose split parts patients; looks through the runs."""
    return siblings_in_words(_model)


require_frame()
st.title("Evaluate")
models = list_models()
if not models:
    st.info("No model is installed. Train one on the Train page and publish it.", icon=":material/info:")
    st.stop()

room = st.segmented_control("Show", ROOMS, default=ROOMS[0], required=True, key="room", label_visibility="collapsed")
if room == ROOMS[1]:
    show_acceptance(models)
    st.stop()

found = [one for model in models for one in kept(model)] + kept_systems(models)
with st.expander("New evaluation", icon=":material/add_circle:", expanded=not found):
    of_what = st.segmented_control(
        "Evaluate", ["A model here", "Another system's scores"], default="A model here", required=True, key="of_what"
    )
    made = new_evaluation(models) if of_what == "A model here" else other_system()
if made:
    st.session_state.evaluation = made.id
    st.rerun()
if not found:
    st.info(
        "Evaluate a model on labelled films: every figure comes with its 95% interval, and is kept here.",
        icon=":material/info:",
    )
    st.stop()

by_id: dict[str, Evaluation] = {one.id: one for one in found}
if st.session_state.get("evaluation") not in by_id:
    st.session_state.evaluation = found[0].id
chosen = by_id[st.selectbox("Evaluation", list(by_id), format_func=lambda i: by_id[i].title, key="evaluation")]
model = next((model for model in models if model.version == chosen.version), None)

beside = None
variants = {"All films": chosen.scores}
try:
    if marked_test(chosen.split):
        beside = times_opened(chosen).sentence
    if rest := uncontested(chosen):
        variants["Without contested films"] = rest
except CXRError as error:
    st.error(str(error), icon=":material/error:")
if problem := st.session_state.pop("contest_error", None):
    st.error(problem, icon=":material/error:")
if warning := (chosen.metrics.get("seen_in_training") or {}).get("warning"):
    st.warning(warning, icon=":material/visibility_off:")
if model:
    for sentence in split_warnings(model.version, model):
        st.warning(sentence, icon=":material/diversity_1:")

names = ("Figures", "Subgroups", "Errors", "Compare", "Operating points", "Ledger", "Report")
tabs = dict(zip(names, st.tabs(names, on_change="rerun", key="evaluate_tab"), strict=True))
if tabs["Figures"].open:
    with tabs["Figures"]:
        show_figures(chosen, variants, beside)
if tabs["Subgroups"].open:
    with tabs["Subgroups"]:
        show_subgroups(chosen, beside)
if tabs["Errors"].open:
    with tabs["Errors"]:
        show_errors(chosen, model)
if tabs["Compare"].open:
    with tabs["Compare"]:
        show_comparison(chosen, found, beside)
if tabs["Operating points"].open:
    with tabs["Operating points"]:
        show_operating_points(chosen, beside)
if tabs["Ledger"].open:
    with tabs["Ledger"]:
        try:
            show_ledger(chosen)
        except CXRError as error:
            st.error(str(error), icon=":material/error:")
if tabs["Report"].open:
    with tabs["Report"]:
        show_report(chosen, model)
