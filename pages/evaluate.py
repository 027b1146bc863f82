"""Evaluate: measure models on labelled films, with intervals; compare them; test a model on a site's films."""

from cxr_core.app.markdown import escape_markdown
from cxr_core.app.navigation import require_frame

require_frame()  # first: a package that is imported below may be missing, which the frame reports

import streamlit as st

from cxr_core.app.address import asked_for, name_page, write_address, write_addresses
from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.evaluate.cautions import show_cautions
from cxr_core.app.evaluate.compare import show_comparison
from cxr_core.app.evaluate.delete import offer_deletion, show_deleted
from cxr_core.app.evaluate.estimates import show_estimates
from cxr_core.app.evaluate.misclassified_films import show_misclassified_films
from cxr_core.app.evaluate.new_evaluation import evaluate_models, watch_evaluations
from cxr_core.app.evaluate.operating_points import show_operating_points
from cxr_core.app.evaluate.report import show_report
from cxr_core.app.evaluate.score_upload import evaluate_other_system
from cxr_core.app.evaluate.site_acceptance import show_acceptance
from cxr_core.app.evaluate.subgroups import show_subgroups
from cxr_core.app.evaluate.test_log import show_test_log
from cxr_core.app.page_heading import page_heading
from cxr_core.app.ward.hospital import show_hospital
from cxr_core.errors import CXRError
from cxr_core.evaluation.evaluation import Evaluation, is_test_split
from cxr_core.evaluation.label_review import uncontested
from cxr_core.evaluation.store import damaged_evaluations, stored_evaluations, stored_systems
from cxr_core.evaluation.test_log import count_accesses
from cxr_core.models.registry import damaged_models, list_models

VIEWS = ("Evaluations", "Site acceptance", "Hospital")
SOURCES = ("A model here", "Another system's scores")
TABS = ("Figures", "Subgroups", "Errors", "Compare", "Operating points", "Ledger", "Report")


def write_view() -> None:
    """Put the chosen view into the address; a view that ends with `st.stop` cannot write it."""
    write_addresses({"view": st.session_state.room, "evaluation": None, "tab": None, "film": None})


page_heading("Evaluate")
models = list_models()
if not models:
    st.info("No model is installed. Train one on the Train page and publish it.", icon=":material/info:")
    st.stop()

if asked := asked_for("view", VIEWS, "View"):
    st.session_state.room = asked
st.session_state.setdefault("room", VIEWS[0])
view = st.segmented_control(
    "Show", VIEWS, required=True, key="room", label_visibility="collapsed", on_change=write_view
)
if view == VIEWS[1]:
    name_page(view, "Evaluate")
    show_acceptance(models)
    st.stop()
if view == VIEWS[2]:
    name_page(view, "Evaluate")
    show_hospital(models)
    st.stop()

show_passed_over([*damaged_models(), *damaged_evaluations(models)])
stored = [one for model in models for one in stored_evaluations(model)] + stored_systems(models)
with st.expander("New evaluation", icon=":material/add_circle:", expanded=not stored):
    source = st.segmented_control("Evaluate", SOURCES, default=SOURCES[0], required=True, key="of_what")
    new = None
    if source == SOURCES[0]:
        evaluate_models(models)
    elif scored := evaluate_other_system():
        new = scored.id
if new := watch_evaluations() or new:
    st.session_state.evaluation = new
    st.rerun()
if not stored:
    st.info(
        "Evaluate a model on labelled films. Every estimate has a 95% interval. Evaluations are listed here.",
        icon=":material/info:",
    )
    show_deleted(models)
    st.stop()

by_id: dict[str, Evaluation] = {one.id: one for one in stored}
if asked := asked_for("evaluation", by_id, "Evaluation"):
    st.session_state.evaluation = asked
if st.session_state.get("evaluation") not in by_id:
    st.session_state.evaluation = stored[0].id
chosen = by_id[st.selectbox("Evaluation", list(by_id), format_func=lambda i: by_id[i].title, key="evaluation")]
write_addresses({"view": view, "evaluation": chosen.id})
name_page(chosen.title, "Evaluate")
model = next((model for model in models if model.version == chosen.version), None)

access_note = None
variants = {"All films": chosen.scores}
try:
    if is_test_split(chosen.split):
        access_note = count_accesses(chosen).message
except CXRError as error:
    st.error(escape_markdown(str(error)), icon=":material/error:")
try:
    if scores := uncontested(chosen):
        variants["Without contested films"] = scores
except CXRError as error:
    st.error(escape_markdown(str(error)), icon=":material/error:")
if message := st.session_state.pop("contest_error", None):
    st.error(escape_markdown(message), icon=":material/error:")
show_cautions(chosen, model)

if asked := asked_for("tab", TABS, "Tab"):
    st.session_state.evaluate_tab = asked
tabs = dict(zip(TABS, st.tabs(TABS, on_change="rerun", key="evaluate_tab"), strict=True))
write_address("tab", next((name for name, tab in tabs.items() if tab.open), None))
if tabs["Figures"].open:
    with tabs["Figures"]:
        show_estimates(chosen, variants, access_note)
if tabs["Subgroups"].open:
    with tabs["Subgroups"]:
        show_subgroups(chosen, access_note)
if tabs["Errors"].open:
    with tabs["Errors"]:
        show_misclassified_films(chosen, model)
if tabs["Compare"].open:
    with tabs["Compare"]:
        show_comparison(chosen, stored, access_note)
if tabs["Operating points"].open:
    with tabs["Operating points"]:
        show_operating_points(chosen, access_note)
if tabs["Ledger"].open:
    with tabs["Ledger"]:
        try:
            show_test_log(chosen, stored, models)
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
if tabs["Report"].open:
    with tabs["Report"]:
        show_report(chosen, model)
        offer_deletion(chosen, model)
show_deleted(models)
