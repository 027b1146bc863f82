"""The Compare view: learning curves, best epochs and settings of several runs."""

import streamlit as st

from cxr_core.app.train.learning_curves import compared_curves
from cxr_core.app.train.new_run import label
from cxr_core.training.batch_history import batch_history
from cxr_core.training.run_comparison import FIGURES, best_epochs, settings_that_differ, title_of
from cxr_core.training.runs import Run

MAX_RUNS = 6


def compare_runs(runs: list[Run]) -> None:
    """Draw the choice of runs, their learning curves in common charts, their best epochs and differing settings."""
    by_title = {title_of(run, runs): run for run in runs}
    wanted = st.session_state.get("compare_runs", list(by_title)[:2])
    st.session_state.compare_runs = [title for title in wanted if title in by_title]
    chosen = st.multiselect("Runs", list(by_title), key="compare_runs", max_selections=MAX_RUNS)
    if len(chosen) < 2:
        st.info("Choose two runs or more.", icon=":material/info:")
        return
    selected = [by_title[title] for title in chosen]
    histories = {title: by_title[title].history() for title in chosen}
    batches = {title: batch_history(by_title[title]) for title in chosen if histories[title].empty}
    if any(map(len, (*histories.values(), *batches.values()))):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            smoothing = st.slider("Smoothing, epochs", 1, 20, 1, key="compare_smoothing", width=260)
            log_loss = st.toggle("Loss on a logarithmic scale", key="compare_log")
        st.caption("Validation solid, training dotted. A run whose first epoch has not ended is shown by its batches.")
        with st.grid(3, min_column_width=300):
            for name, chart, alt in compared_curves(histories, batches, smoothing, log_loss):
                st.plotly_chart(
                    chart, key=f"compare-{name}", width="stretch", alt=alt, config={"displayModeBar": False}
                )
    st.markdown("**Metrics of the best epoch**")
    st.dataframe(
        best_epochs(selected),
        hide_index=True,
        placeholder="–",
        column_config=dict.fromkeys(FIGURES, st.column_config.NumberColumn(format="%.3f")),
        alt=f"Metrics of the best epochs of {len(selected)} runs",
    )
    differing = settings_that_differ(selected)
    st.markdown("**Settings that differ**")
    if len(differing):
        differing["Setting"] = differing["Setting"].map(label)
        st.dataframe(differing, hide_index=True, alt=f"{len(differing)} settings in which the runs differ")
    else:
        st.caption("None: the runs have the same settings.")
