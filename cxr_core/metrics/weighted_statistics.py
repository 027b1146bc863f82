"""Weighted statistics of N films for B weightings at once, for the bootstrap.

A draw of patients with replacement is a whole number for each film: how often its patient was drawn. Each function here
prepares the scores once (sorting, losses) and returns a `Statistic`.

A `Statistic` takes weights `float64 (B, N)`, >= 0, and returns values `float64 (B,)`, NaN where undefined.
"""

from collections.abc import Callable

import numpy as np

from cxr_core.metrics.scores import Scores

Statistic = Callable[[np.ndarray], np.ndarray]
ECE_BINS = 15
# A score of exactly 0 or 1 has no finite logit; it is moved inside by less than the float32 step below 1 (6e-8).
MARGIN = 1e-8
NEWTON_STEPS = 20


def confusion_statistic(
    scores: Scores, threshold: float, formula: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> Statistic:
    """A formula of (true positives, false positives, true negatives, false negatives) at a threshold."""
    called, pneumonia = scores.called(threshold), scores.labels == 1
    cells = np.stack([called & pneumonia, called & ~pneumonia, ~called & ~pneumonia, ~called & pneumonia], axis=1)
    cells = cells.astype(np.float64)

    def statistic(weights: np.ndarray) -> np.ndarray:
        return formula(*(weights @ cells).T)

    return statistic


def mean(values: np.ndarray) -> Statistic:
    """The mean of one number per film, `float64 (N,)`: for the Brier score and log loss."""

    def statistic(weights: np.ndarray) -> np.ndarray:
        return ratio(weights @ values, weights.sum(axis=1))

    return statistic


def median(values: np.ndarray) -> Statistic:
    """The median of one number per film, `float64 (N,)`; films whose number is NaN are left out."""
    order = np.argsort(values, kind="stable")  # NaN last
    order = order[: int(np.isfinite(values).sum())]
    ordered = values[order]

    def statistic(weights: np.ndarray) -> np.ndarray:
        if not len(ordered):
            return np.full(len(weights), np.nan)
        below = np.cumsum(weights[:, order], axis=1)
        half = below[:, -1:] / 2
        low = ordered[np.argmax(below >= half, axis=1)]
        high = ordered[np.minimum(np.argmax(below > half, axis=1), len(ordered) - 1)]
        return np.where(half[:, 0] > 0, (low + high) / 2, np.nan)

    return statistic


def auroc(scores: Scores) -> Statistic:
    """Area under the ROC curve: P(score of a pneumonia film > of a normal one) + P(equal) / 2 (Bamber 1975)."""
    order = np.argsort(scores.scores, kind="stable")
    starts = _group_starts(scores.scores[order])
    pneumonia = scores.labels[order].astype(np.float64)

    def statistic(weights: np.ndarray) -> np.ndarray:
        sorted_weights = weights[:, order]
        positive = sorted_weights * pneumonia
        positive_groups = _group_sums(positive, starts)
        negative_groups = _group_sums(sorted_weights - positive, starts)
        at_or_below = np.cumsum(negative_groups, axis=1)
        wins = np.einsum("bg,bg->b", positive_groups, at_or_below - negative_groups / 2)
        return ratio(wins, positive_groups.sum(axis=1) * at_or_below[:, -1])

    return statistic


def average_precision(scores: Scores) -> Statistic:
    """Sum over thresholds of (recall step) * precision, without interpolation, as scikit-learn defines it."""
    order = np.argsort(-scores.scores, kind="stable")
    starts = _group_starts(scores.scores[order])
    pneumonia = scores.labels[order].astype(np.float64)

    def statistic(weights: np.ndarray) -> np.ndarray:
        sorted_weights = weights[:, order]
        all_groups = _group_sums(sorted_weights, starts)
        positive_groups = _group_sums(sorted_weights * pneumonia, starts)
        called = np.cumsum(all_groups, axis=1)
        true_positives = np.cumsum(positive_groups, axis=1)
        positives, no_negatives = true_positives[:, -1], true_positives[:, -1] == called[:, -1]
        precision = np.divide(true_positives, called, out=np.zeros_like(true_positives), where=called > 0)
        value = ratio(np.einsum("bg,bg->b", positive_groups, precision), positives)
        return np.where(no_negatives, np.nan, value)

    return statistic


def expected_calibration_error(scores: Scores, bins: int = ECE_BINS) -> Statistic:
    """Mean over films of |observed rate - mean score| of their bin (Naeini et al., AAAI 2015; Guo et al., ICML 2017).

    Bins of equal width. The value is biased upwards in small samples, and more so in bootstrap draws.
    """
    bin_of_film = score_bin(scores.scores, bins)
    gaps = np.zeros((len(scores), bins))
    gaps[np.arange(len(scores)), bin_of_film] = scores.labels - scores.scores

    def statistic(weights: np.ndarray) -> np.ndarray:
        return ratio(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))

    return statistic


def calibration_slope(scores: Scores) -> Statistic:
    """Slope of the logistic regression of the label on the score's logit. 1 is ideal; below 1 scores are too extreme.

    Cox, Biometrika 1958; 45:562-565; Van Calster et al., BMC Medicine 2019; 17:230. Undefined where one class is
    missing or the classes do not overlap: the best slope is then infinite.
    """
    from scipy.special import expit, logit  # takes half a second to import

    order = np.argsort(scores.scores, kind="stable")
    x = logit(np.clip(scores.scores[order], MARGIN, 1 - MARGIN))
    y = scores.labels[order].astype(np.float64)
    if not _overlapping(np.ones((1, len(x))), x, y)[0]:
        return _undefined
    start = _logistic(x, y, np.ones_like(x))
    powers = np.stack([np.ones_like(x), x, x * x], axis=1)

    def statistic(weights: np.ndarray) -> np.ndarray:
        # Newton's method for all draws at once, starting from the fit to all films, which is close.
        slope, intercept = (np.full(len(weights), number) for number in start)
        sorted_weights = weights[:, order]
        defined = _overlapping(sorted_weights, x, y)
        for _ in range(NEWTON_STEPS):
            with np.errstate(all="ignore"):
                p = expit(intercept[:, None] + slope[:, None] * x)
                residual0, residual1 = ((sorted_weights * (y - p)) @ powers[:, :2]).T
                h00, h01, h11 = ((sorted_weights * p * (1 - p)) @ powers).T
                determinant = h00 * h11 - h01 * h01
                step = (h00 * residual1 - h01 * residual0) / determinant
                intercept += (h11 * residual0 - h01 * residual1) / determinant
                slope += step
                converged = np.abs(step) <= 1e-9 * (1 + np.abs(slope))
            if np.all(converged | ~np.isfinite(step) | ~defined):
                break
        # With few films, some draws are far from the whole set; Newton's method then needs scikit-learn's line search.
        for row in np.flatnonzero(defined & ~converged):
            slope[row], _ = _logistic(x, y, sorted_weights[row])
        return np.where(defined, slope, np.nan)

    return statistic


def calibration_intercept(scores: Scores) -> Statistic:
    """Intercept of that regression with the slope fixed at 1 (calibration in the large).

    0 is ideal; above 0 the scores are too low.

    Van Calster et al., BMC Medicine 2019; 17:230. Undefined where one class is missing.
    """
    from scipy.special import expit, logit

    x = logit(np.clip(scores.scores, MARGIN, 1 - MARGIN))
    y = scores.labels.astype(np.float64)
    if scores.one_class_reason:
        return _undefined
    start = _offset_intercept(x, y, np.ones_like(x))

    def statistic(weights: np.ndarray) -> np.ndarray:
        positives = weights @ y
        defined = (positives > 0) & (positives < weights.sum(axis=1))
        intercept = np.full(len(weights), start)
        for _ in range(NEWTON_STEPS):
            with np.errstate(all="ignore"):
                p = expit(intercept[:, None] + x)
                step = (positives - np.einsum("bn,bn->b", weights, p)) / np.einsum("bn,bn,bn->b", weights, p, 1 - p)
                intercept += step
                converged = np.abs(step) <= 1e-9
            if np.all(converged | ~np.isfinite(step) | ~defined):
                break
        for row in np.flatnonzero(defined & ~converged):
            intercept[row] = _offset_intercept(x, y, weights[row])
        return np.where(defined, intercept, np.nan)

    return statistic


def score_bin(scores: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each score, `int (N,)` in [0, bins): equal widths over [0, 1]; a score of 1 is in the last bin."""
    return np.minimum((scores * bins).astype(np.int64), bins - 1)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is 0."""
    quotient: np.ndarray = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return quotient


def _logistic(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of an unpenalised weighted logistic regression; the classes must overlap."""
    from sklearn.linear_model import LogisticRegression  # takes half a second to import

    fitted = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8, max_iter=500)
    fitted.fit(x[:, None], y, sample_weight=weights)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _offset_intercept(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Intercept at which the mean of expit(intercept + x) is the observed rate; both classes must be present."""
    from scipy.optimize import brentq
    from scipy.special import expit

    bound = np.abs(x).max() + np.log(weights.sum()) + 1
    return float(brentq(lambda intercept: float(weights @ (y - expit(intercept + x))), -bound, bound, xtol=1e-10))


def _overlapping(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`bool (B,)`: whether both classes were drawn and no threshold separates them; x `(N,)` is sorted, rising."""
    drawn = weights > 0
    positive, negative = drawn & (y == 1), drawn & (y == 0)
    both = positive.any(axis=1) & negative.any(axis=1)
    first_positive, first_negative = x[positive.argmax(axis=1)], x[negative.argmax(axis=1)]
    last_positive, last_negative = x[::-1][positive[:, ::-1].argmax(axis=1)], x[::-1][negative[:, ::-1].argmax(axis=1)]
    overlapping: np.ndarray = both & (first_positive < last_negative) & (first_negative < last_positive)
    return overlapping


def _group_starts(values: np.ndarray) -> np.ndarray:
    """The index at which each run of equal values starts, `int (G,)`."""
    return np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))


def _group_sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sums `(B, G)` over the runs of equal scores; without ties they are the values themselves."""
    return values if len(starts) == values.shape[1] else np.add.reduceat(values, starts, axis=1)


def _undefined(weights: np.ndarray) -> np.ndarray:
    return np.full(len(weights), np.nan)
