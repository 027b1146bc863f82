"""Learning curves of one run, or of several in the same charts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cxr_core.app.components.palette import GREY, PALETTE

FEW_EPOCHS = 60
MOST_BATCHES = 1500
CURVES = {"Loss": "loss", "Accuracy": "accuracy", "AUC": "auc"}


def learning_curves(
    history: pd.DataFrame, batches: pd.DataFrame, best_epoch: int | None
) -> Iterator[tuple[str, go.Figure, str]]:
    """Name, figure and alternative text of each chart: training and validation curve, with the best epoch marked.

    history: one row an epoch, empty before the first has ended. batches: as `batch_history`, drawn as a thin line; one
    of the two is not empty. best_epoch: from 1; None if there is none yet.
    """
    mode = "lines+markers" if len(history) <= FEW_EPOCHS else "lines"
    for title, column in CURVES.items():
        chart = go.Figure()
        if len(batches):
            chart.add_scatter(**_batch_line(batches, column), name="Batches", line={"color": GREY, "width": 1})
        if history.empty:
            alt = f"{title} of the first epoch's batches; last {batches[column].iloc[-1]:.3f}"
            yield title, _with_layout(chart, title, 1), alt
            continue
        for label, name, dash in (("Training", column, "dot"), ("Validation", f"val_{column}", "solid")):
            chart.add_scatter(x=history["epoch"], y=history[name], name=label, mode=mode, line_dash=dash)
        if best_epoch:
            side = "bottom left" if 2 * best_epoch > history["epoch"].iloc[-1] else "bottom right"
            line = {"dash": "dash", "color": GREY}
            chart.add_vline(x=best_epoch, line=line, annotation_text="best epoch", annotation_position=side)
        last = history.iloc[-1]
        alt = f"{title} by epoch; at epoch {int(last['epoch'])} training {last[column]:.3f}, validation "
        yield title, _with_layout(chart, title, len(history)), alt + f"{last[f'val_{column}']:.3f}"


def compared_curves(
    histories: dict[str, pd.DataFrame], batches: dict[str, pd.DataFrame], smoothing: int = 1, log_loss: bool = False
) -> Iterator[tuple[str, go.Figure, str]]:
    """Name, figure and alternative text of each chart: validation solid, training dotted, one colour a run.

    histories: by name of the run. batches: as `batch_history`, of runs without an epoch. smoothing: epochs whose mean
    is drawn, up to each epoch; 1 draws them as they are. log_loss: the loss on a logarithmic scale. A run of one epoch
    is a point.
    """
    for title, column in CURVES.items():
        chart = go.Figure()
        colours = iter(range(len(histories)))
        for name, history in histories.items():
            mode, colour = "lines" if len(history) > 1 else "markers", PALETTE[next(colours) % len(PALETTE)]
            group = {"legendgroup": name, "mode": mode, "line_color": colour}
            if history.empty:
                if len(batches[name]):
                    line = {"color": colour, "dash": "dot"}
                    chart.add_scatter(**_batch_line(batches[name], column), name=f"{name}, training", line=line)
                continue
            for shown, dash in ((f"val_{column}", "solid"), (column, "dot")):
                chart.add_scatter(
                    x=history["epoch"],
                    y=history[shown].rolling(smoothing, min_periods=1).mean(),
                    name=f"{name}, {'validation' if dash == 'solid' else 'training'}",
                    showlegend=dash == "solid",
                    line_dash=dash,
                    marker_symbol="circle" if dash == "solid" else "circle-open",
                    **group,
                )
        if log_loss and title == "Loss":
            chart.update_yaxes(type="log")
        ended = {name: history[f"val_{column}"].iloc[-1] for name, history in histories.items() if len(history)}
        ends = ", ".join(f"{name} {last:.3f}" for name, last in ended.items()) or "none yet"
        epochs = max(map(len, histories.values()))
        yield title, _with_layout(chart, title, epochs), f"{title} by epoch; last validation: {ends}"


def _batch_line(batches: pd.DataFrame, column: str) -> dict[str, Any]:
    """x, y and mode of the batches' line: of more than MOST_BATCHES rows, the means of as many parts."""
    if len(batches) > MOST_BATCHES:
        batches = batches.groupby(np.arange(len(batches)) * MOST_BATCHES // len(batches)).mean()
    return {"x": batches["epoch"], "y": batches[column], "mode": "lines" if len(batches) > 1 else "markers"}


def _with_layout(chart: go.Figure, title: str, epochs: int) -> go.Figure:
    chart.update_layout(
        title=title,
        xaxis_title="Epoch",
        hovermode="x unified",
        height=300,
        margin={"t": 60, "b": 40, "l": 40, "r": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
    )
    chart.update_xaxes(nticks=10, dtick=1 if 1 < epochs <= 10 else None)
    return chart
