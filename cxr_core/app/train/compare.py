"""Runs beside each other, and the published experiments beside ours."""

import streamlit as st

from cxr_core.app.train.learning_curves import compared_curves
from cxr_core.datasets.index import Index
from cxr_core.errors import CXRError
from cxr_core.training.reproduce import EXPERIMENTS, SPLITS, is_reproducing, launch_reproduction, results
from cxr_core.training.run_comparison import best_epochs, settings_that_differ
from cxr_core.training.runs import Run

MOST = 6


def compare(runs: list[Run]) -> None:
    """Curves of the chosen runs laid over each other, the settings that differ, and figures side by side."""
    named = {f"{run.name}" if run.name == run.id else f"{run.name} ({run.id})": run for run in runs}
    chosen = st.multiselect("Runs", list(named), default=list(named)[:2], max_selections=MOST)
    if len(chosen) < 2:
        st.info("Choose two runs or more.", icon=":material/info:")
        return
    picked = [named[name] for name in chosen]
    histories = {name: history for name in chosen if len(history := named[name].history())}
    if histories:
        st.caption("Validation solid, training dotted.")
        with st.grid(3, min_column_width=300):
            for name, chart, alt in compared_curves(histories):
                st.plotly_chart(
                    chart, key=f"compare-{name}", width="stretch", alt=alt, config={"displayModeBar": False}
                )
    figures = best_epochs(picked)
    st.markdown("**Figures of the best epoch**")
    st.dataframe(figures, hide_index=True, alt=f"Figures of {len(picked)} runs side by side")
    differing = settings_that_differ(picked)
    st.markdown("**Settings that differ**")
    if len(differing):
        st.dataframe(differing, hide_index=True, alt=f"{len(differing)} settings in which the runs differ")
    else:
        st.caption("None: the runs have the same settings.")


def published(index: Index) -> None:
    """The table of published experiments beside ours, and a button that runs them."""
    table = results(index)
    columns = {"experiment": "Experiment", "published_accuracy": "Published", "published_loss": "Published loss"}
    for split, words in SPLITS.items():
        columns |= {f"{split}_accuracy": f"Ours, {words}", f"{split}_loss": f"Loss, {words}"}
    shown = table[list(columns)].rename(columns=columns).dropna(axis=1, how="all")
    config = {name: st.column_config.NumberColumn(format="%.4f") for name in shown.columns[1:]}
    done = int(table["patient_accuracy"].notna().sum())
    st.dataframe(
        shown,
        hide_index=True,
        column_config=config,
        alt=f"Published accuracy and loss beside ours; {done} of {len(table)} experiments run on these films",
    )
    st.caption(
        "Accuracy and loss on held-out films. The yagci experiments were published on a split by image, where other "
        "films of a child that is tested may be trained on; beside it stands the same on a split by patient."
    )
    if is_reproducing():
        st.info("The experiments are being run; each is a run of its own under Runs.", icon=":material/hourglass_top:")
        return
    with st.form("reproduce"):
        only = st.multiselect("Experiments", list(EXPERIMENTS), default=[n for n in EXPERIMENTS if n != "xcovnet"])
        if st.form_submit_button("Run them", icon=":material/play_arrow:") and only:
            try:
                launch_reproduction(index.source, only)
                st.rerun()
            except CXRError as error:
                st.error(str(error), icon=":material/error:")
