"""Train: launch a fit, watch it, stop it, go on with it, compare, publish."""

import streamlit as st

from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.navigation import require_frame
from cxr_core.app.train.compare import compare, published
from cxr_core.app.train.new_run import new_run
from cxr_core.app.train.watch import manage, watch
from cxr_core.errors import CXRError
from cxr_core.publishing.publish import publish
from cxr_core.training.runs import Run, list_runs

VIEWS = {
    "Runs": ":material/monitoring: Runs",
    "New run": ":material/add_circle: New run",
    "Compare": ":material/compare: Compare",
    "Published": ":material/menu_book: Published experiments",
}

require_frame()
st.title("Train")
runs = list_runs()
if "train_go_to" in st.session_state:
    st.session_state.train_view = st.session_state.pop("train_go_to")
st.session_state.setdefault("train_view", "Runs" if runs else "New run")
view = st.segmented_control(
    "View",
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    key="train_view",
    required=True,
    label_visibility="collapsed",
)


def choose_run(runs: list[Run]) -> Run:
    """The run to look at, the newest at first."""
    ids = [run.id for run in runs]
    if st.session_state.get("run") not in ids:
        st.session_state.run = ids[0]
    names = {run.id: run.name if run.name == run.id else f"{run.name} ({run.id})" for run in runs}
    return runs[ids.index(st.selectbox("Run", ids, format_func=names.__getitem__, key="run"))]


def publish_form(run: Run) -> None:
    """Makes a model folder of the run's best weights."""
    with st.form("publish"), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Publish as", placeholder="my-model")
        if st.form_submit_button("Publish", icon=":material/publish:"):
            try:
                with st.spinner("Calibrating on validation patients and measuring on held-out ones."):
                    model = publish(run, name.strip())
                st.success(f"Published {model.name}, version {model.version}. It is on the Models and Diagnose pages.")
            except CXRError as error:
                st.error(str(error), icon=":material/error:")


if view in ("New run", "Published"):
    index = choose_data_set()
    if index is None:
        st.info("Open a data set, or use the demo set, to train on.", icon=":material/info:")
    elif view == "Published":
        published(index)
    elif started := new_run(index):
        st.session_state.run, st.session_state.train_go_to = started, "Runs"
        st.rerun()
elif not runs:
    st.info(
        "No runs yet. A new run goes on when you close this tab, and when the server stops.", icon=":material/info:"
    )
elif view == "Compare":
    compare(runs)
else:
    run = choose_run(runs)
    watch(run)
    if not run.live and (run.folder / "best.keras").exists():
        publish_form(run)
    manage(run)
