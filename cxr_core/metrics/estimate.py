"""An estimate with its confidence interval, and the interval of a proportion."""

import math
from dataclasses import dataclass
from typing import Any, Self

from cxr_core.records import Fields


@dataclass(frozen=True)
class Estimate:
    """One number, its confidence interval and, where one of them is missing, the reason.

    value, low, high: finite, or None where they cannot be computed; `reason` then says why, in one sentence.
    method: how the interval was computed. n: the number of films behind the estimate.
    undefined_draws: bootstrap draws in which the statistic was undefined and which were left out.
    Raises ValueError for a number that is not finite, and for a missing number without a reason.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    reason: str | None = None
    undefined_draws: int = 0

    def __post_init__(self) -> None:
        numbers = (self.value, self.low, self.high)
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise ValueError(f"the numbers of an estimate are finite or None, not {numbers}.")
        if None in numbers and self.reason is None:
            raise ValueError("an estimate without a value or an interval needs a reason.")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN; `reason` has the key "why"."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "method": self.method,
            "n": self.n,
            "why": self.reason,
            "undefined_draws": self.undefined_draws,
        }

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """The estimate that `to_dict` wrote, also by earlier versions. Raises ValueError for anything else."""
        value, low, high = (stored.optional_number(name) for name in ("value", "low", "high"))
        reason = stored.optional_text("why")
        if None in (value, low, high) and reason is None:
            reason = "It was stored without a reason."
        method, draws = stored.optional_text("method") or "", stored.whole("undefined_draws", 0)
        return cls(value, low, high, method, stored.whole("n"), reason, draws)


def missing(method: str, n: int, reason: str) -> Estimate:
    """An estimate that cannot be computed, with the reason."""
    return Estimate(None, None, None, method, n, reason)


def wilson(successes: int, trials: int, level: float = 0.95) -> Estimate:
    """A proportion with Wilson's score interval (Wilson, J Am Stat Assoc 1927; 22:209-212).

    The trials are assumed to be independent. Films of one patient are not; see `bootstrap.clustered_bootstrap`.
    0 <= successes <= trials, 0 < level < 1; raises ValueError otherwise. Without trials the value is missing.
    """
    if trials == 0 and successes == 0:
        return missing("Wilson", 0, "There is no film to count.")
    from scipy.stats import binomtest  # takes a second to import; pages only show stored estimates

    test = binomtest(successes, trials)
    interval = test.proportion_ci(level, method="wilson")
    return Estimate(float(test.statistic), float(interval.low), float(interval.high), "Wilson", trials)
