"""The drawings of an evaluation: plain Plotly figures with their alternative text."""

from typing import Any

import plotly.graph_objects as go

from cxr_core.labels import OPERATING_POINTS

# Okabe and Ito, the blue a little lighter: told apart by the colour-blind, on light and dark ground.
NORMAL, PNEUMONIA, OTHER, MARK = "#1f83c0", "#d55e00", "#009e73", "#cc79a7"
HEIGHT = 360
SYMBOLS = {"rule_out": "triangle-left", "balanced": "diamond", "rule_in": "triangle-right"}
Chart = tuple[go.Figure, str]


def confusion_matrix(confusion: dict[str, int]) -> Chart:
    """Label by answer, with counts and the share of each label's films."""
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
            colorscale=[[0, "#dce9f3"], [1, "#0072b2"]],  # opaque, so that Plotly picks words that can be read on them
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3,
            ygap=3,
            hovertemplate="labelled %{y}, called %{x}: %{text}<extra></extra>",
        )
    )
    _dress(figure, "Confusion matrix", "Called", "Labelled")
    figure.update_yaxes(autorange="reversed")
    return figure, f"Confusion matrix: {tn} normal films called normal, {fp} pneumonia; {fn} missed, {tp} found"


def roc(
    curve: dict[str, list], band: dict[str, list] | None, here: tuple[float, float], points: dict[str, tuple]
) -> Chart:
    """ROC with its band, the operating points and the threshold in use; pairs are (1 - specificity, sensitivity)."""
    figure = go.Figure()
    if band:
        _band(figure, band["false_positive_rate"], band["low"], band["high"], "95% band, by patient")
    hover = [f"threshold {t:.3f}" if t is not None else "above all scores" for t in curve["threshold"]]
    figure.add_scatter(
        x=curve["false_positive_rate"], y=curve["sensitivity"], name="ROC", text=hover, line_color=NORMAL, mode="lines"
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": "#8a949e"}, hoverinfo="skip", showlegend=False
    )
    for name, (x, y) in points.items():
        marker = {"size": 12, "symbol": SYMBOLS.get(name, "circle"), "color": OTHER}
        figure.add_scatter(x=[x], y=[y], name=OPERATING_POINTS.get(name, name), mode="markers", marker=marker)
    _here(figure, *here)
    _dress(figure, "ROC curve", "1 - specificity", "Sensitivity")
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(range=[-0.02, 1.03])
    return figure, f"ROC curve; at the threshold sensitivity {here[1]:.3f}, specificity {1 - here[0]:.3f}"


def precision_recall(curve: dict[str, list], here: tuple[float, float] | None, prevalence: float) -> Chart:
    """Precision against recall; `here` is (recall, precision) at the threshold."""
    hover = [f"threshold {t:.3f}" if t is not None else "above all scores" for t in curve["threshold"]]
    figure = go.Figure()
    figure.add_scatter(
        x=curve["recall"], y=curve["precision"], name="precision-recall", text=hover, line_color=NORMAL, mode="lines"
    )
    figure.add_hline(y=prevalence, line_dash="dot", line_color="#8a949e", annotation_text="all called pneumonia")
    if here:
        _here(figure, *here)
    _dress(figure, "Precision and recall", "Recall (sensitivity)", "Precision (PPV)")
    figure.update_yaxes(range=[min(0.5, min(curve["precision"])) - 0.02, 1.03])
    told = f"; at the threshold recall {here[0]:.3f}, precision {here[1]:.3f}" if here else ""
    return figure, f"Precision-recall curve{told}"


def reliability(diagram: dict[str, list], threshold: float) -> Chart:
    """Observed share with pneumonia by mean score, with intervals, and the films of each bin."""
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
        x=[0, 1], y=[0, 1], name="ideal", mode="lines", line={"dash": "dot", "color": "#8a949e"}, hoverinfo="skip"
    )
    pairs = zip(diagram["observed"], diagram["low"], diagram["high"], strict=True)
    up, down = zip(*((high - value, value - low) for value, low, high in pairs), strict=True)
    figure.add_scatter(
        x=diagram["mean_score"],
        y=diagram["observed"],
        error_y={"array": up, "arrayminus": down, "thickness": 1},
        name="observed",
        mode="markers",
        marker={"size": 9, "color": PNEUMONIA},
        text=[f"{n} films" for n in diagram["films"]],
    )
    _at(figure, threshold)
    _dress(figure, "Reliability", "Mean score of the bin", "Share with pneumonia")
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


def histograms(histogram: dict[str, list], threshold: float) -> Chart:
    """Scores of each class."""
    figure = go.Figure()
    middle = [(a + b) / 2 for a, b in zip(histogram["from_score"], histogram["to_score"], strict=True)]
    for name, colour in (("normal", NORMAL), ("pneumonia", PNEUMONIA)):
        figure.add_bar(x=middle, y=histogram[name], name=name, marker={"color": colour, "line_width": 0}, opacity=0.75)
    _at(figure, threshold)
    _dress(figure, "Scores by class", "Score", "Films")
    figure.update_layout(barmode="overlay", bargap=0.05)
    figure.update_yaxes(type="log", dtick=1)
    return figure, f"Histogram of scores by class, with the threshold at {threshold:.3f}; the count is logarithmic"


def decision(curve: dict[str, Any], threshold: float) -> Chart:
    """Net benefit against treating all and treating none."""
    figure = go.Figure()
    for name, title, colour, dash in (
        ("model", "this system", NORMAL, "solid"),
        ("all", "treat all", PNEUMONIA, "dash"),
        ("none", "treat none", "#8a949e", "dot"),
    ):
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=curve["threshold"], y=curve[name], name=title, mode="lines", line=line)
    _at(figure, threshold)
    _dress(figure, "Decision curve", "Threshold probability", "Net benefit")
    figure.update_yaxes(range=[-0.1, max(0.05, max(curve["model"]) * 1.1)])
    return figure, f"Decision curve at a prevalence of {curve['prevalence']:.0%}, against treating all and none"


def two_rocs(curves: dict[str, dict[str, list]]) -> Chart:
    """The ROC curves of two systems on the same films."""
    figure = go.Figure()
    for (name, curve), colour, dash in zip(curves.items(), (NORMAL, PNEUMONIA), ("solid", "dash"), strict=False):
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=curve["false_positive_rate"], y=curve["sensitivity"], name=name, mode="lines", line=line)
    _dress(figure, "ROC curves", "1 - specificity", "Sensitivity")
    return figure, f"ROC curves of {' and '.join(curves)}"


def _band(figure: go.Figure, x: list, low: list, high: list, name: str) -> None:
    edge: dict[str, Any] = {"mode": "lines", "line_width": 0, "hoverinfo": "skip"}
    figure.add_scatter(x=x, y=low, showlegend=False, **edge)
    figure.add_scatter(x=x, y=high, name=name, fill="tonexty", fillcolor="rgba(0,114,178,0.18)", **edge)


def _here(figure: go.Figure, x: float, y: float) -> None:
    marker = {"size": 14, "symbol": "circle-open", "color": PNEUMONIA, "line_width": 3}
    figure.add_scatter(x=[x], y=[y], name="this threshold", mode="markers", marker=marker)


def _at(figure: go.Figure, threshold: float) -> None:
    figure.add_vline(x=threshold, line_width=2, line_dash="dash", line_color=MARK, annotation_text="threshold")


def _dress(figure: go.Figure, title: str, x: str, y: str) -> None:
    figure.update_layout(
        title=title,
        xaxis_title=x,
        yaxis_title=y,
        height=HEIGHT,
        margin={"t": 50, "b": 90, "l": 50, "r": 20},
        legend={"orientation": "h", "y": -0.28, "x": 0, "title": None},
    )
