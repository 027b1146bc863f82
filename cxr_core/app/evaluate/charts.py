"""The charts of an evaluation as Plotly figures with alternative texts."""

from typing import Any

import plotly.graph_objects as go

from cxr_core.app.components.palette import BLUE, GREEN, GREY, LINE_BLUE, ORANGE, PINK
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.curves import Points

HEIGHT = 360
SYMBOLS = {"rule_out": "triangle-left", "balanced": "diamond", "rule_in": "triangle-right"}
Chart = tuple[go.Figure, str]


def confusion_matrix(confusion: dict[str, int]) -> Chart:
    """Counts by label and result, with shares of each label's films. confusion: as `Metrics.confusion`."""
    tp, fp = confusion["true_positives"], confusion["false_positives"]
    tn, fn = confusion["true_negatives"], confusion["false_negatives"]
    counts = [[tn, fp], [fn, tp]]
    shares = [[number / max(1, sum(row)) for number in row] for row in counts]
    text = [[f"{n:,}<br>{s:.1%}" for n, s in zip(*pair, strict=True)] for pair in zip(counts, shares, strict=True)]
    axis = ["normal", "pneumonia"]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=axis,
            y=axis,
            text=text,
            texttemplate="%{text}",
            textfont_size=18,
            colorscale=[[0, "#dce9f3"], [1, BLUE]],  # opaque, so that Plotly chooses a legible text colour
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3,
            ygap=3,
            hovertemplate="labelled %{y}, called %{x}: %{text}<extra></extra>",
        )
    )
    _layout(figure, "Confusion matrix", "Called", "Labelled")
    figure.update_yaxes(autorange="reversed")
    return figure, f"Confusion matrix: {tn} normal films called normal, {fp} pneumonia; {fn} missed, {tp} found"


def roc(
    curve: Points, band: Points | None, current: tuple[float, float], points: dict[str, tuple[float, float]]
) -> Chart:
    """ROC curve with its band, the operating points and the current threshold.

    current: the current threshold, and points: the operating points, as (1 - specificity, sensitivity).
    """
    figure = go.Figure()
    if band:
        _band(figure, band["false_positive_rate"], band["low"], band["high"], "95% band, by patient")
    hover = [f"threshold {t:.3f}" if t is not None else "above all scores" for t in curve["threshold"]]
    figure.add_scatter(
        x=curve["false_positive_rate"],
        y=curve["sensitivity"],
        name="ROC",
        text=hover,
        line_color=LINE_BLUE,
        mode="lines",
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": GREY}, hoverinfo="skip", showlegend=False
    )
    for name, (x, y) in points.items():
        marker = {"size": 12, "symbol": SYMBOLS.get(name, "circle"), "color": GREEN}
        figure.add_scatter(x=[x], y=[y], name=OPERATING_POINTS.get(name, name), mode="markers", marker=marker)
    _current(figure, *current)
    _layout(figure, "ROC curve", "1 - specificity", "Sensitivity")
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(range=[-0.02, 1.03])
    return figure, f"ROC curve; at the threshold sensitivity {current[1]:.3f}, specificity {1 - current[0]:.3f}"


def precision_recall(curve: Points, current: tuple[float, float] | None, prevalence: float) -> Chart:
    """Precision-recall curve. current: (recall, precision) at the current threshold, or None."""
    hover = [f"threshold {t:.3f}" if t is not None else "above all scores" for t in curve["threshold"]]
    figure = go.Figure()
    figure.add_scatter(
        x=curve["recall"], y=curve["precision"], name="precision-recall", text=hover, line_color=LINE_BLUE, mode="lines"
    )
    figure.add_hline(y=prevalence, line_dash="dot", line_color=GREY, annotation_text="all called pneumonia")
    if current:
        _current(figure, *current)
    _layout(figure, "Precision and recall", "Recall (sensitivity)", "Precision (PPV)")
    figure.update_yaxes(range=[min(0.5, min(curve["precision"])) - 0.02, 1.03])
    at_threshold = f"; at the threshold recall {current[0]:.3f}, precision {current[1]:.3f}" if current else ""
    return figure, f"Precision-recall curve{at_threshold}"


def reliability(diagram: Points, threshold: float) -> Chart:
    """Reliability diagram: observed share of pneumonia by mean score with intervals, and the number of films by bin."""
    figure = go.Figure()
    widths = [b - a for a, b in zip(diagram["from_score"], diagram["to_score"], strict=True)]
    figure.add_bar(
        x=[(a + b) / 2 for a, b in zip(diagram["from_score"], diagram["to_score"], strict=True)],
        y=diagram["films"],
        width=widths,
        name="films",
        yaxis="y2",
        marker={"color": "rgba(138,148,158,0.35)", "line_width": 0},
        hovertemplate="%{y} films<extra></extra>",
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], name="ideal", mode="lines", line={"dash": "dot", "color": GREY}, hoverinfo="skip"
    )
    pairs = zip(diagram["observed"], diagram["low"], diagram["high"], strict=True)
    up, down = zip(*((high - value, value - low) for value, low, high in pairs), strict=True)
    figure.add_scatter(
        x=diagram["mean_score"],
        y=diagram["observed"],
        error_y={"array": up, "arrayminus": down, "thickness": 1},
        name="observed",
        mode="markers",
        marker={"size": 9, "color": ORANGE},
        text=[f"{n} films" for n in diagram["films"]],
    )
    _threshold_line(figure, threshold)
    _layout(figure, "Reliability", "Mean score of the bin", "Share with pneumonia")
    figure.update_layout(
        yaxis={"range": [-0.02, 1.03]},
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "title": "Films",
            "showgrid": False,
            "rangemode": "tozero",
            "nticks": 5,
            "tickformat": ",d",
            "tickmode": "auto",
        },
    )
    return figure, f"Reliability diagram with {len(widths)} bins and the films of each"


def histograms(histogram: Points, threshold: float) -> Chart:
    """Histogram of the scores by class, with a logarithmic count."""
    figure = go.Figure()
    middle = [(a + b) / 2 for a, b in zip(histogram["from_score"], histogram["to_score"], strict=True)]
    for name, colour in (("normal", LINE_BLUE), ("pneumonia", ORANGE)):
        figure.add_bar(x=middle, y=histogram[name], name=name, marker={"color": colour, "line_width": 0}, opacity=0.75)
    _threshold_line(figure, threshold)
    _layout(figure, "Scores by class", "Score", "Films")
    figure.update_layout(barmode="overlay", bargap=0.05)
    figure.update_yaxes(type="log", dtick=1)
    return figure, f"Histogram of scores by class, with the threshold at {threshold:.3f}; the count is logarithmic"


def decision(curve: Points | dict[str, Any], threshold: float) -> Chart:
    """Decision curve: the net benefit of the system, of treating all and of treating none."""
    figure = go.Figure()
    for name, title, colour, dash in (
        ("model", "this system", LINE_BLUE, "solid"),
        ("all", "treat all", ORANGE, "dash"),
        ("none", "treat none", GREY, "dot"),
    ):
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=curve["threshold"], y=curve[name], name=title, mode="lines", line=line)
    _threshold_line(figure, threshold)
    _layout(figure, "Decision curve", "Threshold probability", "Net benefit")
    figure.update_yaxes(range=[-0.1, max(0.05, max(curve["model"]) * 1.1)])
    return figure, f"Decision curve at a prevalence of {curve['prevalence']:.0%}, against treating all and none"


def two_rocs(curves: dict[str, Points]) -> Chart:
    """The ROC curves of two systems on the same films."""
    figure = go.Figure()
    for (name, curve), colour, dash in zip(curves.items(), (LINE_BLUE, ORANGE), ("solid", "dash"), strict=False):
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=curve["false_positive_rate"], y=curve["sensitivity"], name=name, mode="lines", line=line)
    _layout(figure, "ROC curves", "1 - specificity", "Sensitivity")
    return figure, f"ROC curves of {' and '.join(curves)}"


def _band(figure: go.Figure, x: list[Any], low: list[Any], high: list[Any], name: str) -> None:
    edge: dict[str, Any] = {"mode": "lines", "line_width": 0, "hoverinfo": "skip"}
    figure.add_scatter(x=x, y=low, showlegend=False, **edge)
    figure.add_scatter(x=x, y=high, name=name, fill="tonexty", fillcolor="rgba(0,114,178,0.18)", **edge)


def _current(figure: go.Figure, x: float, y: float) -> None:
    marker = {"size": 14, "symbol": "circle-open", "color": ORANGE, "line_width": 3}
    figure.add_scatter(x=[x], y=[y], name="this threshold", mode="markers", marker=marker)


def _threshold_line(figure: go.Figure, threshold: float) -> None:
    figure.add_vline(x=threshold, line_width=2, line_dash="dash", line_color=PINK, annotation_text="threshold")


def _layout(figure: go.Figure, title: str, x: str, y: str) -> None:
    figure.update_layout(
        title=title,
        xaxis_title=x,
        yaxis_title=y,
        height=HEIGHT,
        margin={"t": 50, "b": 90, "l": 50, "r": 20},
        legend={"orientation": "h", "y": -0.28, "x": 0, "title": None},
    )
