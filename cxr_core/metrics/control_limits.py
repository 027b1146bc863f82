"""Control limits for what comes in week by week, from the first weeks: Shewhart charts with probability limits.

Montgomery, Introduction to Statistical Quality Control (8th ed. 2019): 6.2 for means, 7.2 for shares, both with
probability limits in place of three standard deviations. The limits are those of a prediction, so that few films in the
first weeks or in this one make them wider: beta-binomial for a share, Student's t for a mean. Where the first weeks
themselves vary more than chance, every count is divided by the ratio of their variances, as Laney's charts do (Quality
Engineering 2002; 14:531-537).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import betabinom, chi2, t

CHANCE = 1e-7
"""Of a single look at one statistic, that what has not changed lies outside its limits.

`benchmarks.accuracy.drift`, 60 films a week: no false alarm in 30 simulated years; a fifth of the films dimmed was said
within the week in 30 of 30 simulations, after 22 films (median), a tenth in 11 of 30.
"""
MIN_FILMS = 10
"""Of a week, or of a part of one, for a statistic of it."""


@dataclass(frozen=True)
class Limits:
    """A statistic of one week with its limits. value, centre, low, high: in its own unit. n: films it is of."""

    value: float
    centre: float
    low: float
    high: float
    n: int

    @property
    def is_out(self) -> bool:
        """Whether the value lies outside the limits."""
        return not self.low <= self.value <= self.high


def share_limits(first: Sequence[tuple[int, int]], count: int, n: int, chance: float = CHANCE) -> Limits:
    """The limits of a share. first: count and number of films of each of the first weeks. count, n: of this week.

    Raises ValueError if the first weeks or this one have no film.
    """
    counts, sizes = (np.array(column, np.float64) for column in zip(*first, strict=True))
    if not sizes.sum() or not n:
        raise ValueError("no film")
    centre = counts.sum() / sizes.sum()
    variance = np.where(sizes > 0, centre * (1 - centre) * sizes, 1.0)
    ratio = _excess((counts - centre * sizes) ** 2 / np.where(variance > 0, variance, 1.0))
    films = max(1, round(n / ratio))
    alpha = counts.sum() / ratio + 0.5
    beta = (sizes.sum() - counts.sum()) / ratio + 0.5
    ends = betabinom.ppf([chance / 2, 1 - chance / 2], films, alpha, beta) / films
    return Limits(count / n, float(centre), float(ends[0]), float(ends[1]), n)


def mean_limits(first: Sequence[np.ndarray], values: np.ndarray, chance: float = CHANCE) -> Limits:
    """The limits of a mean. first: `float64 (N,)`, the values of each of the first weeks. values: of this week.

    Raises ValueError for fewer than three values in the first weeks, or none in this one.
    """
    together = np.concatenate([np.asarray(week, np.float64) for week in first]) if first else np.empty(0)
    if len(together) < 3 or not len(values):
        raise ValueError("no film")
    centre, spread = float(together.mean()), float(together.std(ddof=1))
    weeks = [week for week in first if len(week)]
    variances = np.array([(np.mean(week) - centre) ** 2 * len(week) for week in weeks])
    ratio = _excess(variances / spread**2) if spread else 1.0
    half = t.ppf(1 - chance / 2, len(together) - 1) * spread * np.sqrt(ratio * (1 / len(values) + 1 / len(together)))
    return Limits(float(np.mean(values)), centre, centre - float(half), centre + float(half), len(values))


def low_quantile(values: np.ndarray, share: float) -> float:
    """The value below which about `share` of the first values lie, one of them."""
    ordered = np.sort(values)
    return float(ordered[int(np.ceil(share * len(ordered)))])


def _excess(squares: np.ndarray) -> float:
    """By how much the first weeks vary more than chance, at least 1; only where that is beyond chance itself (5%)."""
    freedom = len(squares) - 1
    if freedom < 1 or squares.sum() <= chi2.ppf(0.95, freedom):
        return 1.0
    return float(squares.sum() / freedom)
