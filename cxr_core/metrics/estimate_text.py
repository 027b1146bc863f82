"""Estimates as text for pages and reports: numbers, intervals, the table of estimates."""

from cxr_core.labels import ESTIMATES
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.film_metrics import Metrics


def number(value: float | None, digits: int = 3) -> str:
    """A number, or an en dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """An interval, "0.960 to 0.988", or "" where there is none."""
    low, high = estimate.low, estimate.high
    return "" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def value_with_interval(estimate: Estimate, digits: int = 3) -> str:
    """Value and interval, "0.974 (0.960 to 0.988)"; the value alone where there is no interval."""
    between = interval(estimate, digits)
    return f"{number(estimate.value, digits)} ({between})" if between else number(estimate.value, digits)


def rows(metrics: Metrics) -> list[dict[str, str]]:
    """The table of estimates: each with its interval and method, and its patient-clustered interval.

    A missing estimate has the reason in the last column.
    """
    table = []
    for name, title in ESTIMATES.items():
        estimate, clustered = metrics.estimates[name], metrics.clustered.get(name)
        note = estimate.reason or ""
        if estimate.undefined_draws:
            note = f"{note} Undefined in {estimate.undefined_draws} of {metrics.draws} draws.".strip()
        table.append(
            {
                "Estimate": title,
                "Value": number(estimate.value),
                "95% interval": interval(estimate),
                "Method": estimate.method,
                "95% interval, by patient": interval(clustered) if clustered else "",
                "Note": note,
            }
        )
    return table
