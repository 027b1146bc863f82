"""Charts of a data set as Plotly figures with alternative texts, and their download."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.app.components.palette import BLUE, GREEN, ORANGE, PINK
from cxr_core.labels import CLASSES, KINDS, NORMAL, PNEUMONIA, SPLITS

COLOURS = {
    NORMAL: BLUE,
    PNEUMONIA: ORANGE,
    "normal": BLUE,
    "bacterial": ORANGE,
    "viral": GREEN,
    "unknown": PINK,
}
_MARGIN = {"t": 30, "b": 30, "l": 10, "r": 10}


def split_name(split: str) -> str:
    """The display name of a split; a film without one has ""."""
    return split or "no split"


def distribution(films: pd.DataFrame, by: str) -> pd.DataFrame:
    """Counts of films: a row for each split and "all", a column for each value of `by`, "label" or "kind"."""
    order = CLASSES if by == "label" else KINDS
    table = pd.crosstab(films["split"], films[by])
    table = table.reindex([split for split in (*SPLITS, "") if split in table.index])
    table = table[[name for name in order if name in table]]
    table.index = pd.Index([split_name(split) for split in table.index], name="split")
    if len(table) > 1:
        table.loc["all"] = table.sum()
    return table


def bars(table: pd.DataFrame) -> tuple[go.Figure, str]:
    """Grouped bars of a `distribution`, labelled with counts and percentages, and the alternative text."""
    figure = go.Figure()
    totals = table.sum(axis=1)
    for name in table:
        text = [f"{number:,}<br>{number / total:.0%}" for number, total in zip(table[name], totals, strict=True)]
        figure.add_bar(x=table.index, y=table[name], name=name, text=text, textposition="outside", cliponaxis=False)
        figure.data[-1].marker.color = COLOURS.get(str(name))
    figure.update_layout(height=380, margin=_MARGIN | {"t": 60}, yaxis_title="Films", legend=_legend(), barmode="group")
    figure.update_yaxes(range=[0, table.to_numpy().max(initial=1) * 1.2])
    return figure, f"Bars of films by split: {_in_words(table)}"


def pies(table: pd.DataFrame) -> list[tuple[str, go.Figure, str]]:
    """Name, pie chart and alternative text for each split of a `distribution`."""
    charts = []
    colours = [COLOURS.get(str(name)) for name in table]
    for split, row in table.iterrows():
        pie = go.Pie(labels=list(table), values=row, sort=False, marker_colors=colours, hole=0.35)
        pie.update(textinfo="percent", textposition="inside", hovertemplate="%{label}: %{value:,} (%{percent})")
        title = {"text": str(split), "x": 0.5, "y": 0.97, "xanchor": "center"}
        layout = {"height": 190, "margin": {"t": 34, "b": 6, "l": 6, "r": 6}, "title": title, "showlegend": False}
        charts.append((str(split), go.Figure(pie, layout), f"Pie of films in {_in_words(table.loc[[split]])}"))
    return charts


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """A `distribution` with the total of each row and the percentage of each column."""
    total = table.sum(axis=1)
    result = table.copy()
    result["films"] = total
    for name in table:
        result[f"{name} %"] = (100 * table[name] / total).round(1)
    return result


def draw(figure: go.Figure, alt: str, name: str) -> None:
    """Show a figure, to download in the session's format. alt: alternative text. name: of the downloaded file."""
    image_format = st.session_state.get("figure_format", "PNG").lower()
    config = {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": image_format, "filename": name, "scale": 1 if image_format == "svg" else 2},
    }
    st.plotly_chart(figure, key=f"figure_{name}", config=config, alt=alt)


def histograms(values: pd.Series, labels: pd.Series, unit: str) -> go.Figure:
    """Histograms of a value for each class, overlaid, in shares of the class.

    values, labels: `(N,)` by film. unit: title of the x axis.
    """
    edges = np.histogram_bin_edges(values, bins=40) if len(values) else np.linspace(0, 1, 41)
    figure = go.Figure()
    highest = 0.0
    for name in CLASSES:
        of_class = values[labels == name]
        share = np.histogram(of_class, edges)[0] / max(1, len(of_class))
        figure.add_scatter(
            x=edges,
            y=[*share, 0],
            name=name,
            mode="lines",
            line={"shape": "hv", "color": COLOURS[name]},
        )
        highest = max(highest, float(share.max()))
        figure.data[-1].update(fill="tozeroy", hovertemplate="%{x:.2f}: %{y:.1%}")
    figure.update_layout(height=260, margin=_MARGIN | {"t": 40}, xaxis_title=unit, legend=_legend())
    figure.update_yaxes(tickformat=".0%", title="Share of films", range=[0, 1.1 * highest or 1])
    return figure


def grouped_bars(table: pd.DataFrame, axis: str, percent: bool = False) -> go.Figure:
    """Grouped bars of a table, a colour a column. axis: title of the y axis; that of the x axis is the index's name."""
    figure = go.Figure()
    for name in table:
        figure.add_bar(x=table.index, y=table[name], name=str(name), marker_color=COLOURS.get(str(name)))
    figure.update_layout(height=260, margin=_MARGIN | {"t": 40}, yaxis_title=axis, legend=_legend(), barmode="group")
    figure.update_xaxes(title=table.index.name, type="category")
    if percent:
        figure.update_yaxes(tickformat=".0%", range=[0, 1.1 * table.to_numpy().max(initial=0) or 1])
    return figure


def _legend() -> dict[str, Any]:
    return {"orientation": "h", "y": 1.12, "x": 0, "title": None}


def _in_words(table: pd.DataFrame) -> str:
    rows: Sequence[str] = [
        f"{split} " + ", ".join(f"{number:,} {name}" for name, number in row.items()) for split, row in table.iterrows()
    ]
    return "; ".join(rows)
