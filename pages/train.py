"""Train: start, monitor, stop and resume runs, compare them, publish one as a model."""

from cxr_core.app.navigation import require_frame

require_frame()  # first: a package that is imported below may be missing, which the frame reports

import streamlit as st

from cxr_core.app.address import asked_for, name_page, write_addresses
from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.page_heading import page_heading
from cxr_core.app.train.compare import compare_runs
from cxr_core.app.train.manage_run import manage_run, publish_form
from cxr_core.app.train.new_run import new_run
from cxr_core.app.train.published_experiments import show_published_experiments
from cxr_core.app.train.run_table import show_deleted_runs, show_run_table
from cxr_core.app.train.sweeps import show_sweeps
from cxr_core.app.train.watch import watch_run
from cxr_core.cluster.sweep_record import list_sweeps
from cxr_core.jobs.job import damaged_jobs
from cxr_core.training.run_comparison import title_of
from cxr_core.training.runs import damaged_runs, list_runs

VIEWS = {
    "All runs": ":material/table: All runs",
    "Runs": ":material/monitoring: Run",
    "New run": ":material/add_circle: New run",
    "Compare": ":material/compare: Compare",
    "Sweeps": ":material/grid_view: Sweeps",
    "Published": ":material/menu_book: Published experiments",
}
NAMES = {view: label.split(": ")[1] for view, label in VIEWS.items()}

page_heading("Train")
runs = list_runs()
sweeps, damaged_sweeps = list_sweeps()
show_passed_over([*damaged_runs(), *damaged_jobs(), *damaged_sweeps])
by_id = {run.id: run for run in runs}
asked = asked_for("run", by_id, "Run")
if asked:
    st.session_state.run = asked
go_to = asked_for("view", VIEWS, "View") or st.session_state.pop("train_go_to", "Runs" if asked else None)
if go_to:
    st.session_state.train_view = go_to
st.session_state.setdefault("train_view", "Runs" if runs else "New run")
view = st.segmented_control(
    "View",
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    key="train_view",
    required=True,
    label_visibility="collapsed",
)

if view != "Runs" or not runs:
    if view != "Sweeps":
        write_addresses({"view": view, "run": None, "sweep": None})
    name_page(NAMES[str(view)], "Train")
if view == "Published":
    show_published_experiments()
elif view == "New run":
    index = choose_data_set()
    if index is None:
        st.info("Open a data set, or use the demo set, to train on.", icon=":material/info:")
    elif started := new_run(index):
        st.session_state.run, st.session_state.train_go_to = started, "Runs"
        st.rerun()
elif view == "Sweeps":
    write_addresses({"view": view, "run": None, "sweep": show_sweeps(sweeps)})
elif not runs:
    st.info("No runs yet. A run continues when you close this tab, and when the server stops.", icon=":material/info:")
    show_deleted_runs()
elif view == "Compare":
    compare_runs(runs)
elif view == "All runs":
    show_run_table(runs)
else:
    if st.session_state.get("run") not in by_id:
        st.session_state.run = runs[0].id
    run = by_id[st.selectbox("Run", list(by_id), format_func=lambda name: title_of(by_id[name], runs), key="run")]
    write_addresses({"view": view, "run": run.id, "sweep": None})
    name_page(run.name, "Train")
    watch_run(run)
    if not run.live and (run.folder / "best.keras").exists():
        publish_form(run)
    manage_run(run)
