"""One model at several hospitals: a table of the counts that they have shared, a row for each, with its intervals."""

from collections.abc import Sequence
from typing import Any

from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.models.shared_counts import PointCounts, SharedCounts
from cxr_core.tables import rows_to_csv

RATES = ("auroc", "sensitivity", "specificity")
COLUMNS = (
    *("site", "when", "verdict", "films", "pneumonia", "normal", "patients", "point", "threshold"),
    *("true_positives", "false_negatives", "true_negatives", "false_positives"),
    *(f"{rate}{end}" for rate in RATES for end in ("", "_low", "_high")),
)


def site_document(sites: Sequence[SharedCounts]) -> dict[str, Any]:
    """The sites, all of one model, at least one, as JSON: what each has shared, and the films of all.

    Sites differ, so there is no interval over all of them.
    """
    names = ("films", "pneumonia", "normal", "patients")
    return {
        "model": {"name": sites[0].model, "version": sites[0].version},
        "films_of_all": {name: sum(getattr(site, name) for site in sites) for name in names},
        "sites": [site.to_dict() for site in sites],
    }


def site_csv(sites: Sequence[SharedCounts]) -> str:
    """One row a site, at the operating point in use there; intervals are by patient."""
    return rows_to_csv(map(_row, sites), COLUMNS)


def site_lines(sites: Sequence[SharedCounts]) -> list[dict[str, str]]:
    """One row a site as text, by column title."""
    return [
        {
            "Site": site.site,
            "Films": f"{site.films:,}",
            "With pneumonia": f"{site.pneumonia:,}",
            "AUROC": value_with_interval(site.auroc),
            "Sensitivity": value_with_interval(_in_use(site).sensitivity),
            "Specificity": value_with_interval(_in_use(site).specificity),
            "Verdict": site.verdict,
        }
        for site in sites
    ]


def _row(site: SharedCounts) -> dict[str, object]:
    point = _in_use(site)
    estimates = {"auroc": site.auroc, "sensitivity": point.sensitivity, "specificity": point.specificity}
    row: dict[str, object] = {name: getattr(site, name, None) for name in COLUMNS}
    return row | {
        "threshold": point.threshold,
        "true_positives": point.true_positives,
        "false_negatives": site.pneumonia - point.true_positives,
        "true_negatives": point.true_negatives,
        "false_positives": site.normal - point.true_negatives,
        **{f"{rate}{end}": value for rate, one in estimates.items() for end, value in _ends(one)},
    }


def _in_use(site: SharedCounts) -> PointCounts:
    return site.points[site.point]


def _ends(estimate: Estimate) -> list[tuple[str, float | None]]:
    return [("", estimate.value), ("_low", estimate.low), ("_high", estimate.high)]
