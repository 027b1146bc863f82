"""A figure with its interval, and the interval of a proportion."""

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """One number, how uncertain it is, and why it is missing if it is.

    value, low, high: finite, or None where they cannot be computed; `why` then says why, in one sentence.
    method: how the interval was made. n: the films it rests on.
    undefined_draws: bootstrap draws in which the statistic was undefined and which were left out.
    Raises ValueError for a number that is not finite, and for a missing one without a reason.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    why: str | None = None
    undefined_draws: int = 0

    def __post_init__(self) -> None:
        numbers = (self.value, self.low, self.high)
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise ValueError(f"a figure's numbers are finite or None, not {numbers}.")
        if None in numbers and self.why is None:
            raise ValueError("a figure without a value or an interval says why.")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        return asdict(self)


def missing(method: str, n: int, why: str) -> Estimate:
    """A figure that cannot be computed, with the reason."""
    return Estimate(None, None, None, method, n, why)


def wilson(successes: int, trials: int, level: float = 0.95) -> Estimate:
    """A proportion with Wilson's score interval (Wilson, J Am Stat Assoc 1927; 22:209-212).

    It takes the trials as independent: films of one patient are not, see `bootstrap.clustered_bootstrap`.
    0 <= successes <= trials, 0 < level < 1; raises ValueError otherwise. Without trials the value is missing.
    """
    if trials == 0 and successes == 0:
        return missing("Wilson", 0, "There is no film to count.")
    from scipy.stats import binomtest  # a second to import, and pages only show figures that were made

    found = binomtest(successes, trials)
    interval = found.proportion_ci(level, method="wilson")
    return Estimate(float(found.statistic), float(interval.low), float(interval.high), "Wilson", trials)
