"""Estimates as text for pages and reports: numbers, intervals, the table of estimates."""

from typing import Any

from cxr_core.labels import ESTIMATES


def number(value: float | None, digits: int = 3) -> str:
    """A number, or an en dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(estimate: dict[str, Any], digits: int = 3) -> str:
    """An interval, "0.960 to 0.988", or "" where there is none. estimate: as `Estimate.to_dict()`."""
    return "" if estimate["low"] is None else f"{estimate['low']:.{digits}f} to {estimate['high']:.{digits}f}"


def value_with_interval(estimate: dict[str, Any], digits: int = 3) -> str:
    """Value and interval, "0.974 (0.960 to 0.988)"; the value alone where there is no interval."""
    between = interval(estimate, digits)
    return f"{number(estimate['value'], digits)} ({between})" if between else number(estimate["value"], digits)


def estimate_to_report(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    """The estimate with its patient-clustered interval; with the plain interval where there is no clustered one.

    metrics: as `Metrics.to_dict()`. name: a key of `labels.ESTIMATES`.
    """
    clustered: dict[str, Any] | None = metrics["clustered"].get(name)
    if clustered and clustered["low"] is not None:
        return clustered
    plain: dict[str, Any] = metrics["figures"][name]
    return plain


def rows(metrics: dict[str, Any]) -> list[dict[str, str]]:
    """The table of estimates: each with its interval and method, and its patient-clustered interval.

    metrics: as `Metrics.to_dict()`. A missing estimate has the reason in the last column.
    """
    table = []
    for name, title in ESTIMATES.items():
        estimate = metrics["figures"][name]
        clustered = metrics["clustered"].get(name)
        note = estimate["why"] or ""
        if estimate["undefined_draws"]:
            note = f"{note} Undefined in {estimate['undefined_draws']} of {metrics['draws']} draws.".strip()
        table.append(
            {
                "Estimate": title,
                "Value": number(estimate["value"]),
                "95% interval": interval(estimate),
                "Method": estimate["method"],
                "95% interval, by patient": interval(clustered) if clustered else "",
                "Note": note,
            }
        )
    return table
