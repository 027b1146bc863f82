"""Estimates as text for pages and reports: numbers, intervals, the table of estimates."""

from typing import Any

from cxr_core.labels import ESTIMATES


def number(value: float | None, digits: int = 3) -> str:
    """A number, or an en dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(figure: dict[str, Any], digits: int = 3) -> str:
    """An interval, or "" where there is none."""
    return "" if figure["low"] is None else f"{figure['low']:.{digits}f} to {figure['high']:.{digits}f}"


def in_short(figure: dict[str, Any], digits: int = 3) -> str:
    """Value and interval: "0.974 (0.960 to 0.988)"."""
    between = interval(figure, digits)
    return f"{number(figure['value'], digits)} ({between})" if between else number(figure["value"], digits)


def quoted(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    """The figure to quote: with its interval by patient, or the plain one where draws of patients give none."""
    clustered = metrics["clustered"].get(name)
    return clustered if clustered and clustered["low"] is not None else metrics["figures"][name]


def rows(metrics: dict[str, Any]) -> list[dict[str, str]]:
    """The table of figures: each with its interval and method, and beside it the patient-clustered interval.

    metrics: as `Metrics.to_dict()`. A figure that is missing has the reason in its last column.
    """
    told = []
    for name, title in ESTIMATES.items():
        figure = metrics["figures"][name]
        clustered = metrics["clustered"].get(name)
        note = figure["why"] or ""
        if figure["undefined_draws"]:
            note = f"{note} Undefined in {figure['undefined_draws']} of {metrics['draws']} draws.".strip()
        told.append(
            {
                "Figure": title,
                "Value": number(figure["value"]),
                "95% interval": interval(figure),
                "Method": figure["method"],
                "95% interval, by patient": interval(clustered) if clustered else "",
                "Note": note,
            }
        )
    return told
