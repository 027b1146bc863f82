"""All estimates of a set of films at one threshold, from sensitivity to calibration, each with its interval."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn import metrics as sk

from cxr_core.errors import SettingsError
from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.bootstrap import DRAWS, clustered_bootstrap
from cxr_core.metrics.delong import delong_interval
from cxr_core.metrics.estimate import Estimate, missing, wilson
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import ECE_BINS, Statistic, ratio

CALIBRATION = ("calibration_slope", "calibration_intercept", "ece")
PROPORTIONS = ("sensitivity", "specificity", "accuracy", "ppv", "npv")


def evaluate(scores: Scores, threshold: float, draws: int = DRAWS, seed: int = 0, calibration: bool = True) -> Metrics:
    """Every estimate with its 95% interval. Raises SettingsError for a threshold that is not a finite number.

    calibration: whether those of the calibration are computed, which take most of the time.
    Estimates, in order: sensitivity, specificity, accuracy, ppv, npv, balanced_accuracy, f1, mcc, auroc,
    average_precision, brier, log_loss, calibration_slope, calibration_intercept, ece.
    """
    if not math.isfinite(threshold):
        raise SettingsError(thing=f"threshold {threshold}", accepted="a number from 0 to 1 is accepted")
    called = scores.called(threshold)
    tn, fp, fn, tp = (int(n) for n in sk.confusion_matrix(scores.labels, called, labels=[0, 1]).ravel())
    statistics = _statistics(scores, threshold)
    if not calibration:
        statistics = {name: one for name, one in statistics.items() if name not in CALIBRATION}
    clustered = clustered_bootstrap(scores, statistics, draws, seed)
    values = _values(scores, called)
    # The value is scikit-learn's; the bootstrap's own value, equal to it but for rounding, is used for the draws only.
    clustered = {
        name: replace(estimate, value=float(values[name]()))
        if name in values and estimate.value is not None
        else _with_reason(name, estimate, scores)
        for name, estimate in clustered.items()
    }
    proportions = {
        "sensitivity": wilson(tp, tp + fn),
        "specificity": wilson(tn, tn + fp),
        "accuracy": wilson(tp + tn, len(scores)),
        "ppv": wilson(tp, tp + fp),
        "npv": wilson(tn, tn + fn),
    }
    estimates = {name: _with_reason(name, estimate, scores) for name, estimate in proportions.items()}
    estimates |= {
        name: delong_interval(scores) if name == "auroc" else estimate
        for name, estimate in clustered.items()
        if name not in estimates
    }
    return Metrics(
        threshold=float(threshold),
        films=len(scores),
        pneumonia=scores.pneumonia,
        normal=scores.normal,
        patients=len(np.unique(scores.patients)),
        draws=draws,
        seed=seed,
        confusion={"true_positives": tp, "false_positives": fp, "true_negatives": tn, "false_negatives": fn},
        estimates=estimates,
        clustered={name: clustered[name] for name in (*PROPORTIONS, "auroc")},
    )


def _statistics(scores: Scores, threshold: float) -> dict[str, Statistic]:
    """The statistics that the bootstrap computes for each draw, in the order of the estimates."""
    formulas: dict[str, Callable[..., np.ndarray]] = {
        "sensitivity": lambda tp, fp, tn, fn: ratio(tp, tp + fn),
        "specificity": lambda tp, fp, tn, fn: ratio(tn, tn + fp),
        "accuracy": lambda tp, fp, tn, fn: ratio(tp + tn, tp + fp + tn + fn),
        "ppv": lambda tp, fp, tn, fn: ratio(tp, tp + fp),
        "npv": lambda tp, fp, tn, fn: ratio(tn, tn + fn),
        "balanced_accuracy": lambda tp, fp, tn, fn: (ratio(tp, tp + fn) + ratio(tn, tn + fp)) / 2,
        "f1": lambda tp, fp, tn, fn: ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": lambda tp, fp, tn, fn: ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
    }
    eps = np.finfo(np.float64).eps  # the margin around 0 and 1 that scikit-learn uses
    probability_of_label = np.where(scores.labels == 1, scores.scores, 1 - scores.scores)
    return {name: weighted.confusion_statistic(scores, threshold, formula) for name, formula in formulas.items()} | {
        "auroc": weighted.auroc(scores),
        "average_precision": weighted.average_precision(scores),
        "brier": weighted.mean((scores.scores - scores.labels) ** 2),
        "log_loss": weighted.mean(-np.log(np.clip(probability_of_label, eps, 1 - eps))),
        "calibration_slope": weighted.calibration_slope(scores),
        "calibration_intercept": weighted.calibration_intercept(scores),
        "ece": weighted.expected_calibration_error(scores),
    }


def _values(scores: Scores, called: np.ndarray) -> dict[str, Callable[[], float]]:
    """The estimates that scikit-learn has, as functions, so that each is computed only where it is defined."""
    labels, probabilities = scores.labels, scores.scores
    return {
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(labels, called),
        "f1": lambda: sk.f1_score(labels, called),
        "mcc": lambda: sk.matthews_corrcoef(labels, called),
        "auroc": lambda: sk.roc_auc_score(labels, probabilities),
        "average_precision": lambda: sk.average_precision_score(labels, probabilities),
        "brier": lambda: sk.brier_score_loss(labels, probabilities, labels=[0, 1]),
        "log_loss": lambda: sk.log_loss(labels, probabilities, labels=[0, 1]),
    }


def _with_reason(name: str, estimate: Estimate, scores: Scores) -> Estimate:
    """A missing value gets the reason that follows from its definition; the calibration error the number of bins."""
    if name == "ece":
        return replace(estimate, method=f"{estimate.method}; {ECE_BINS} bins of equal width")
    if estimate.value is not None:
        return estimate
    reasons = {
        "sensitivity": "No film is labelled pneumonia.",
        "specificity": "No film is labelled normal.",
        "ppv": "No film was called pneumonia.",
        "npv": "No film was called normal.",
        "f1": "No film is labelled pneumonia and none was called so.",
        "mcc": scores.one_class_reason or "All films were called alike.",
        "calibration_slope": scores.one_class_reason
        or "The scores of the two classes do not overlap, so no finite slope fits best.",
    }
    return missing(estimate.method, estimate.n, reasons.get(name) or scores.one_class_reason or str(estimate.reason))
