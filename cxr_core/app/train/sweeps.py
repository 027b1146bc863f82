"""The Sweeps view: a sweep's trials as a table and as parallel coordinates, and the way to a model of one."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.app.address import asked_for
from cxr_core.app.components.palette import GREY, ORANGE
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.manage_run import publish_form
from cxr_core.app.train.new_run import label
from cxr_core.cluster.sweep_record import Sweep
from cxr_core.cluster.sweep_table import best_together, readable_runs, sweep_table
from cxr_core.paths import runs_folder
from cxr_core.training.runs import Run

WORST = "AUC, worst source"
TITLES = {
    "epochs": "Epochs",
    "worst_source_auc": WORST,
    "val_auc": "AUC",
    "spread": "Spread of seeds",
    "ensemble_auc": "Seeds together",
    "status": "Status",
}
AXES = f"""<style>
.parcoords .axis path, .parcoords .tick line {{ stroke: {GREY}; stroke-opacity: 1; }}
.parcoords .tick text {{ text-shadow: none !important; }}
</style>"""
"""Plotly draws these black, with a white shadow, on dark background too."""
REFRESH_SECONDS = 5.0
MOST_TOGETHER = 5
COMMAND = "cxr sweep DATA --recipe residual-128 --try size=128,160 --try zoom=0.1,0.2 --seeds 3"


def show_sweeps(sweeps: list[Sweep]) -> str | None:
    """Draw the choice of a sweep and the sweep; returns its id, None without any."""
    if not sweeps:
        st.info("No sweeps yet. The command line begins one:", icon=":material/info:")
        st.code(COMMAND, language="bash")
        return None
    by_id = {sweep.id: sweep for sweep in sweeps}
    if asked := asked_for("sweep", by_id, "Sweep"):
        st.session_state.sweep = asked
    if st.session_state.get("sweep") not in by_id:
        st.session_state.sweep = sweeps[0].id
    sweep = by_id[str(st.selectbox("Sweep", list(by_id), format_func=lambda name: _title(by_id[name]), key="sweep"))]
    live = any(run.live for run in _runs(sweep))
    st.fragment(_show, run_every=REFRESH_SECONDS if live else None)(sweep, live)
    return sweep.id


def _show(sweep: Sweep, was_live: bool) -> None:
    runs = _runs(sweep)
    if was_live != any(run.live for run in runs):
        st.rerun()
    counts = pd.Series([run.state().status for run in runs], dtype=str).value_counts()
    states = ", ".join(f"{count} {status}" for status, count in counts.items())
    rungs = ", ".join(map(str, sweep.rungs))
    st.caption(f"Runs: {states or 'none are left'}. Settings are compared after epochs {rungs}, on validation films.")
    table = sweep_table(sweep)
    if table.empty:
        st.info("Its runs were deleted.", icon=":material/info:")
        return
    if chart := parallel_coordinates(table, sweep):
        st.html(AXES)
        alt = f"{len(table)} settings and their {WORST}; the best has {table['worst_source_auc'].max():.3f}"
        st.plotly_chart(chart, key="sweep_chart", width="stretch", alt=alt, config={"displayModeBar": False})
    formats: dict[str, Any] = {name: label(name) for name in sweep.tried} | TITLES
    for name in ("worst_source_auc", "val_auc", "spread", "ensemble_auc"):
        formats[name] = st.column_config.NumberColumn(TITLES[name], format="%.3f")
    first = ["worst_source_auc", *sweep.tried]
    shown = table[[*first, *(name for name in TITLES if name not in first)]].dropna(axis="columns", how="all")
    chosen = st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config=formats,
        on_select="rerun",
        selection_mode="single-row",
        key=f"sweep_table_{sweep.id}",
        alt=f"{len(table)} settings with their figures, those that came furthest and are best first",
    )
    rows = [row for row in chosen.selection.rows if row < len(table)]
    _publish(table.iloc[rows[0] if rows else 0], sweep, best=not rows)
    _show_together(sweep)


def parallel_coordinates(table: pd.DataFrame, sweep: Sweep) -> go.Figure | None:
    """One line for each row of `sweep_table`, through its settings and its AUC on the worst source.

    None for fewer than two rows with an AUC, and where only one setting was tried.
    """
    table = table.dropna(subset="worst_source_auc")
    varied = [name for name in sweep.tried if table[name].nunique() > 1]
    if len(table) < 2 or not varied:
        return None
    auc = table["worst_source_auc"]
    axes = [_axis(label(name), table[name], sweep.tried[name]) for name in varied]
    axes.append({"label": WORST, "values": auc, "tickformat": ".3f"})
    line = {"color": auc, "colorscale": [[0, GREY], [1, ORANGE]]}
    chart = go.Figure(go.Parcoords(line=line, dimensions=axes, labelside="top"))
    return chart.update_layout(height=320, margin={"l": 60, "r": 60, "t": 50, "b": 20})


def _axis(title: str, values: pd.Series, tried: tuple[str, ...]) -> dict[str, object]:
    """An axis on which the tried values lie evenly, in the order in which they were given."""
    places = list(range(len(tried)))
    return {"label": title, "values": values.map(list(tried).index), "tickvals": places, "ticktext": list(tried)}


def _publish(row: pd.Series, sweep: Sweep, best: bool) -> None:
    run = Run(runs_folder() / row["run"])
    what = "The best by the worst source" if best else "Chosen"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{what}: {escape_markdown(run.name)}**", width="content")
        st.button("Open run", icon=":material/open_in_new:", on_click=_open, args=(run.id,))
    if len(sweep.runs[0]) > 1:
        st.caption("Of the seeds of these settings, the one with the highest AUC on the worst source.")
    if not run.live and (run.folder / "best.keras").exists():
        publish_form(run, "Publish this one")


def _open(run_id: str) -> None:
    st.session_state.run, st.session_state.train_go_to = run_id, "Runs"


def _show_together(sweep: Sweep) -> None:
    together = best_together(sweep, MOST_TOGETHER)
    if len(together) < 2:
        return
    with st.expander("The best runs together", icon=":material/join:"):
        st.dataframe(
            together.rename(columns={"runs": "Best runs"}),
            hide_index=True,
            width="content",
            column_config={"ensemble_auc": st.column_config.NumberColumn(WORST, format="%.3f")},
            alt=f"AUC on the worst source of the mean probability of up to {len(together)} runs",
        )
        st.caption("The mean of their probabilities, on the validation films. A published model is one of them alone.")


def _title(sweep: Sweep) -> str:
    tried = ", ".join(label(name).lower() for name in sweep.tried) or "seeds"
    trials = sum(map(len, sweep.runs))
    return f"{sweep.recipe}: {tried}, {trials} runs ({sweep.id})"


def _runs(sweep: Sweep) -> list[Run]:
    return readable_runs([run for ids in sweep.runs for run in ids])
