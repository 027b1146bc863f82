"""Platt scaling: from a network's logit to a calibrated probability."""

from dataclasses import dataclass

import numpy as np

from cxr_core.errors import DataSetError


@dataclass(frozen=True)
class Platt:
    """probability = 1 / (1 + exp(-(slope * logit + intercept)))."""

    slope: float
    intercept: float

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of pneumonia, `float64` in [0, 1], in the shape of `logits` (any float)."""
        log_odds = self.slope * np.asarray(logits, dtype=np.float64) + self.intercept
        # The logistic function without overflow; SciPy's takes half a second to import.
        return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)))


def fit_platt(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Platt:
    """Fit slope and intercept on validation films (Platt, Advances in Large Margin Classifiers 1999, 61-74).

    logits: float (N,), finite. labels: int (N,), 1 = pneumonia. weights: float (N,), of each film, all 1 by default.
    Fitted to Platt's smoothed targets, (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) in place of 1 and 0. So the slope is finite
    even if the logits separate the classes perfectly, and no probability is more extreme than that many films justify.
    Raises DataSetError if lengths differ, a logit is not finite, a label is not 0 or 1, all films have one label, or
    all logits are equal.
    """
    # Takes a second to import, and reading a film needs only `Platt.probability`.
    from sklearn.linear_model import LogisticRegression

    x, y = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if x.ndim != 1 or x.shape != y.shape:
        raise DataSetError(
            f"logits {x.shape} and labels {y.shape}", thing="calibration", accepted="one of each per film is accepted"
        )
    if not np.isfinite(x).all():
        raise DataSetError(
            "a logit is not a finite number", thing="calibration", accepted="only finite logits are accepted"
        )
    if set(np.unique(y).tolist()) != {0, 1}:
        found = ", ".join(map(str, np.unique(y))) or "none"
        raise DataSetError(
            f"the labels are {found}", thing="calibration", accepted="films with 0 and films with 1 are needed"
        )
    if np.ptp(x) == 0:
        raise DataSetError(f"all logits are {x[0]:g}", thing="calibration", accepted="logits that differ are needed")

    positives = int(np.sum(y == 1))
    targets = np.where(y == 1, (positives + 1) / (positives + 2), 1 / (len(y) - positives + 2))
    # A film with target t counts as a film of label 1 with weight t and a film of label 0 with weight 1 - t. Dividing
    # by the standard deviation makes the solver's tolerance independent of the spread of the logits.
    scale = x.std()
    twice, labels_twice = np.tile(x / scale, 2)[:, None], np.repeat([1, 0], len(x))
    of_film = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    both = np.concatenate([targets * of_film, (1 - targets) * of_film])
    solver = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=200)
    solver.fit(twice, labels_twice, sample_weight=both)
    return Platt(slope=float(solver.coef_[0, 0] / scale), intercept=float(solver.intercept_[0]))
