"""The points of the curves: ROC, precision-recall, reliability, score histogram, decision curve. Nothing is drawn here.

Each function returns a dict of lists of floats, all of one length, without NaN and ready for JSON. A scalar among them
is named as such.
"""

from typing import Any

import numpy as np
from sklearn import metrics as sk

from cxr_core.errors import DataSetError
from cxr_core.metrics.bootstrap import DRAWS, resample_patients
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import ECE_BINS, score_bin

Points = dict[str, list[Any]]

GRID = np.linspace(0, 1, 101)


def roc_curve(scores: Scores) -> Points:
    """`false_positive_rate`, `sensitivity`, `threshold` from (0, 0) to (1, 1).

    The first threshold, above every score, is None. Raises DataSetError if all films have one label.
    """
    _require_both_classes("ROC curve", scores)
    rates, sensitivity, thresholds = sk.roc_curve(scores.labels, scores.scores)
    return {
        "false_positive_rate": rates.tolist(),
        "sensitivity": sensitivity.tolist(),
        "threshold": [None, *thresholds[1:].tolist()],
    }


def roc_band(scores: Scores, draws: int = DRAWS, seed: int = 0, level: float = 0.95) -> Points:
    """`false_positive_rate` (a grid of 101) and the sensitivity's pointwise `low` and `high` at each.

    From bootstrap draws of patients, see `bootstrap`; a draw with one class only is left out. The sensitivity at a rate
    is the highest among thresholds with at most that false positive rate. Raises DataSetError if all films have one
    label.
    """
    _require_both_classes("ROC band", scores)
    values, rank = np.unique(-scores.scores, return_inverse=True)
    order = np.argsort(rank, kind="stable")
    last_of_value = np.searchsorted(rank[order], np.arange(len(values)), side="right") - 1
    pneumonia = scores.labels[order]
    curves = []
    for weights in resample_patients(scores.patients, draws, seed):
        sorted_weights = weights[:, order]
        true_positives = np.cumsum(sorted_weights * pneumonia, axis=1)[:, last_of_value]
        false_positives = np.cumsum(sorted_weights * (1 - pneumonia), axis=1)[:, last_of_value]
        for tp, fp in zip(true_positives, false_positives, strict=True):
            if tp[-1] and fp[-1]:
                step = np.searchsorted(fp / fp[-1], GRID, side="right")
                curves.append(np.concatenate([[0.0], tp / tp[-1]])[step])
    if not curves:
        raise DataSetError("no draw has both classes", thing="ROC band", accepted="more patients are needed")
    low, high = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return {"false_positive_rate": GRID.tolist(), "low": low.tolist(), "high": high.tolist()}


def precision_recall_curve(scores: Scores) -> Points:
    """`recall`, `precision`, `threshold` from recall 1 down to 0; the last threshold, above every score, is None.

    Raises DataSetError if all films have one label.
    """
    _require_both_classes("precision-recall curve", scores)
    precision, recall, thresholds = sk.precision_recall_curve(scores.labels, scores.scores)
    return {
        "recall": recall.tolist(),
        "precision": precision.tolist(),
        "threshold": [*thresholds.tolist(), None],
    }


def reliability_diagram(scores: Scores, bins: int = ECE_BINS) -> Points:
    """One entry for each bin that has films, out of `bins` bins of equal width.

    `from_score`, `to_score`, `mean_score`, `observed` (share with pneumonia), its Wilson interval `low`, `high`, and
    `films`.
    """
    bin_of_film = score_bin(scores.scores, bins)
    points = []
    for number in np.unique(bin_of_film):
        inside = bin_of_film == number
        observed = wilson(int(scores.labels[inside].sum()), int(inside.sum()))
        edges = (float(number / bins), float((number + 1) / bins))
        mean = float(scores.scores[inside].mean())
        points.append((*edges, mean, observed.value, observed.low, observed.high, observed.n))
    names = ("from_score", "to_score", "mean_score", "observed", "low", "high", "films")
    return {name: list(column) for name, column in zip(names, zip(*points, strict=True), strict=True)}


def score_histogram(scores: Scores, bins: int = 40) -> Points:
    """`from_score` and `to_score` of each bin, and its number of films of each class, `pneumonia` and `normal`."""
    bin_of_film = score_bin(scores.scores, bins)
    edges = (np.arange(bins + 1) / bins).tolist()
    counts = {
        name: np.bincount(bin_of_film[scores.labels == label], minlength=bins).tolist()
        for name, label in (("pneumonia", 1), ("normal", 0))
    }
    return {"from_score": edges[:-1], "to_score": edges[1:]} | counts


def decision_curve(scores: Scores) -> dict[str, Any]:
    """Net benefit for each threshold probability 0.01 ... 0.99 (Vickers and Elkin, Med Decis Making 2006; 26:565-574).

    `threshold`, and the net benefit of the `model`, of treating `all` and of treating `none`; the scalar `prevalence`
    is that of these films; the curve is valid at that prevalence only.
    """
    thresholds = GRID[1:-1]
    called = scores.scores[None, :] >= thresholds[:, None]
    true_positives = called @ scores.labels
    false_positives = called.sum(axis=1) - true_positives
    odds = thresholds / (1 - thresholds)
    return {
        "threshold": thresholds.tolist(),
        "model": ((true_positives - false_positives * odds) / len(scores)).tolist(),
        "all": ((scores.pneumonia - scores.normal * odds) / len(scores)).tolist(),
        "none": [0.0] * len(thresholds),
        "prevalence": scores.pneumonia / len(scores),
    }


def _require_both_classes(curve: str, scores: Scores) -> None:
    if scores.one_class_reason:
        raise DataSetError(scores.one_class_reason, thing=curve)
