"""The charts of a report, from the points that `metrics.curves` computes."""

import math
from collections.abc import Callable, Mapping

from cxr_core.errors import DataSetError
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics import curves
from cxr_core.metrics.scores import Scores
from cxr_core.reports.evaluation.drawing import BLUE, GREEN, GREY, ORANGE, PINK, Drawing


def drawings(scores: Scores, threshold: float, points: Mapping[str, float]) -> dict[str, Drawing]:
    """The charts by file name, without those that need both classes if only one is present.

    points: thresholds by operating point.
    """
    drawn = {"confusion_matrix": _confusion(scores, threshold)}
    optional: dict[str, Callable[[], Drawing]] = {
        "roc": lambda: _roc(scores, threshold, points),
        "precision_recall": lambda: _precision_recall(scores, threshold),
        "reliability": lambda: _reliability(scores),
        "scores_by_class": lambda: _histogram(scores, threshold),
        "decision_curve": lambda: _decision(scores, threshold),
    }
    for name, draw in optional.items():
        try:
            drawn[name] = draw()
        except DataSetError:
            continue  # the estimates' notes say that a class is missing
    return drawn


def _confusion(scores: Scores, threshold: float) -> Drawing:
    called, pneumonia = scores.called(threshold), scores.labels == 1
    cells = {
        (0, 1): int((~called & ~pneumonia).sum()),
        (1, 1): int((called & ~pneumonia).sum()),
        (0, 0): int((~called & pneumonia).sum()),
        (1, 0): int((called & pneumonia).sum()),
    }
    counts = f"{cells[0, 1]} normal films called normal, {cells[1, 1]} pneumonia"
    counts += f"; {cells[0, 0]} missed, {cells[1, 0]} detected"
    drawing = Drawing("Confusion matrix", f"Confusion matrix: {counts}", (0, 2), (0, 2), ticks=False)
    for (column, row), films in cells.items():
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        correct = column != row
        drawing.area([(float(x), float(y)) for x, y in corners], BLUE if correct else ORANGE)
        drawing.text(column + 0.5, row + 0.5, f"{films:,}", 20)
        answer, label = (
            "called pneumonia" if column else "called normal",
            "normal" if row else "pneumonia",
        )
        drawing.text(column + 0.5, row + 0.25, f"{label}, {answer}", 8)
    return drawing


def _roc(scores: Scores, threshold: float, points: Mapping[str, float]) -> Drawing:
    curve, band = curves.roc_curve(scores), curves.roc_band(scores)
    drawing = Drawing("ROC curve", "ROC curve with its 95% band", x_title="1 - specificity", y_title="Sensitivity")
    across = band["false_positive_rate"]
    edge = list(zip(across, band["low"], strict=True)) + list(zip(across, band["high"], strict=True))[::-1]
    drawing.area(edge, BLUE, "95% band")
    drawing.line([(0, 0), (1, 1)], GREY, dashed=True)
    drawing.line(list(zip(curve["false_positive_rate"], curve["sensitivity"], strict=True)), BLUE, name="ROC")
    for value in points.values():
        drawing.dot(*_rates(scores, value), GREEN)
    if points:
        drawing.legend.append((", ".join(OPERATING_POINTS.get(name, name) for name in points).lower(), GREEN))
    drawing.dot(*_rates(scores, threshold), ORANGE, hollow=True, name="in use")
    return drawing


def _precision_recall(scores: Scores, threshold: float) -> Drawing:
    curve = curves.precision_recall_curve(scores)
    drawing = Drawing("Precision and recall", "Precision-recall curve", x_title="Recall", y_title="Precision")
    prevalence = scores.pneumonia / len(scores)
    drawing.line([(0, prevalence), (1, prevalence)], GREY, dashed=True, name="all called pneumonia")
    drawing.line(list(zip(curve["recall"], curve["precision"], strict=True)), BLUE, name="precision-recall")
    called = scores.called(threshold)
    if called.any():
        recall, precision = called[scores.labels == 1].mean(), scores.labels[called].mean()
        drawing.dot(float(recall), float(precision), ORANGE, hollow=True, name="in use")
    return drawing


def _reliability(scores: Scores) -> Drawing:
    diagram = curves.reliability_diagram(scores)
    drawing = Drawing(
        "Reliability", "Reliability diagram", x_title="Mean score", y_title="Share with pneumonia (films)"
    )
    drawing.line([(0, 0), (1, 1)], GREY, dashed=True, name="ideal")
    names = ("mean_score", "observed", "low", "high", "films")
    for mean, observed, low, high, films in zip(*(diagram[name] for name in names), strict=True):
        drawing.line([(mean, low), (mean, high)], ORANGE)
        drawing.dot(mean, observed, ORANGE)
        drawing.text(mean, min(0.97, high + 0.02), str(films), 7)
    drawing.legend.append(("observed, 95% interval, films", ORANGE))
    return drawing


def _histogram(scores: Scores, threshold: float) -> Drawing:
    histogram = curves.score_histogram(scores, 40)
    most = max(*histogram["pneumonia"], *histogram["normal"], 1)
    top = math.log10(most) + 1
    drawing = Drawing(
        *("Scores by class", "Histogram of the scores of each class"),
        y=(0, top),
        x_title="Score (bars on a logarithmic scale)",
        y_title="Films, log10 + 1",
    )
    for name, colour in (("normal", BLUE), ("pneumonia", ORANGE)):
        outline = [(0.0, 0.0)]
        for low, high, films in zip(histogram["from_score"], histogram["to_score"], histogram[name], strict=True):
            height = math.log10(films) + 1 if films else 0.0
            outline += [(low, height), (high, height)]
        drawing.area([*outline, (1.0, 0.0)], colour)
        drawing.line([*outline, (1.0, 0.0)], colour, name=name)
    drawing.line([(threshold, 0), (threshold, top)], PINK, dashed=True, name="threshold")
    return drawing


def _decision(scores: Scores, threshold: float) -> Drawing:
    curve = curves.decision_curve(scores)
    top = max(0.1, curve["prevalence"] * 1.05)
    alt = f"Decision curve at a prevalence of {curve['prevalence']:.0%}"
    drawing = Drawing("Decision curve", alt, y=(-0.1, top), x_title="Threshold probability", y_title="Net benefit")
    for name, title, colour in (("model", "this system", BLUE), ("all", "treat all", ORANGE), ("none", "none", GREY)):
        points = [(x, y) for x, y in zip(curve["threshold"], curve[name], strict=True) if y >= -0.1]
        drawing.line(points, colour, dashed=name != "model", name=title)
    drawing.line([(threshold, -0.1), (threshold, top)], PINK, dashed=True, name="threshold")
    return drawing


def _rates(scores: Scores, threshold: float) -> tuple[float, float]:
    called = scores.called(threshold)
    return float(called[scores.labels == 0].mean()), float(called[scores.labels == 1].mean())
