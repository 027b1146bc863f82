"""Subgroups of evaluated films: kind of pneumonia, film size, contrast, films per patient, and DICOM header fields."""

import numpy as np
import pandas as pd

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.imaging.dicom.age import parse_age
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.metrics.film_metrics import estimate_to_report
from cxr_core.metrics.subgroups import Subgroup, evaluate_subgroups, kinds_against_normal

HEADERS = {"source": "Source", "sex": "Sex", "view": "View", "manufacturer": "Manufacturer"}
AGES = ((0, 1, "under 1 year"), (1, 6, "1 to 5 years"), (6, 18, "6 to 17 years"), (18, 999, "18 years and over"))
_SHOWN = {"AUROC": "auroc", "Sensitivity": "sensitivity", "Specificity": "specificity"}


def film_groups(evaluation: Evaluation) -> tuple[dict[str, np.ndarray], list[str]]:
    """Name to `bool (N,)` for each subgroup, and a note for each grouping that is not possible with these films."""
    films, scores = evaluation.films, evaluation.scores
    groups: dict[str, np.ndarray] = {}
    notes: list[str] = []
    kinds = films["kind"].to_numpy(str) if "kind" in films else np.full(len(films), "")
    if set(kinds) & {"bacterial", "viral"}:
        against = kinds_against_normal(scores, kinds)
        groups |= {f"{kind.capitalize()} pneumonia against normal": chosen for kind, chosen in against.items()}
    else:
        notes.append("The file names do not say which pneumonia is bacterial and which viral.")
    if {"width", "height"} <= set(films):
        side = np.sqrt(films["width"].to_numpy(float) * films["height"].to_numpy(float))
        _split_at_median(groups, notes, side, "Film size", "Smaller films", "Larger films", "pixels a side", 0)
    if "contrast" in films:
        contrast = films["contrast"].to_numpy(float)
        names = ("Films of lower contrast", "Films of higher contrast")
        _split_at_median(groups, notes, contrast, "Film contrast", *names, "grey values", 1)
    _, patient, counts = np.unique(scores.patients, return_inverse=True, return_counts=True)
    several = counts[patient] > 1
    if several.any() and not several.all():
        groups |= {"Patients with one film": ~several, "Patients with several films": several}
    else:
        notes.append(f"Every patient has {'several films' if several.all() else 'one film'}.")
    if "age" in films:
        years = np.array([_years(str(age)) for age in films["age"]], float)
        groups |= {
            f"Age {name}": chosen for low, high, name in AGES if (chosen := (years >= low) & (years < high)).any()
        }
    for column, title in HEADERS.items():
        if column in films:
            values = films[column].fillna("").astype(str)
            found = sorted(set(values) - {""})
            if column != "source" or len(found) > 1:
                groups |= {f"{title} {value}": (values == value).to_numpy() for value in found}
    return groups, notes


def _years(age: str) -> float:
    """Years of a DICOM age ("045Y") or of a plain number ("45"), as tables have it; NaN for anything else."""
    found = parse_age(age)
    return found.years if found else float(age) if age.replace(".", "", 1).isdigit() else np.nan


def group_table(evaluation: Evaluation) -> tuple[pd.DataFrame, list[str]]:
    """Estimates of every subgroup, and a note for each grouping that is not possible."""
    groups, notes = film_groups(evaluation)
    return group_rows(evaluate_subgroups(evaluation.scores, groups, evaluation.threshold)), notes


def group_rows(subgroups: list[Subgroup]) -> pd.DataFrame:
    """Subgroups as a table for pages and reports, one row each."""
    rows = []
    for group in subgroups:
        row: dict[str, str | int] = {"Group": group.name, "Films": 0, "Patients": 0}
        if group.metrics is not None:
            row |= {"Films": group.metrics.films, "Patients": group.metrics.patients}
            row |= {name: value_with_interval(estimate_to_report(group.metrics, key)) for name, key in _SHOWN.items()}
        rows.append(row | {"Note": group.note or ""})
    return pd.DataFrame(rows).fillna("")


def _split_at_median(
    groups: dict[str, np.ndarray],
    notes: list[str],
    values: np.ndarray,
    quantity: str,
    below: str,
    above: str,
    unit: str,
    digits: int,
) -> None:
    """Add two groups, below the median and from it up; add a note instead if no film is below the median."""
    median = float(np.median(values))
    low = values < median
    if not low.any():
        notes.append(
            f"{quantity}: at least half of the films have the same value, {median:.{digits}f} {unit}; not split."
        )
        return
    groups[f"{below}, under {median:.{digits}f} {unit}"] = low
    groups[f"{above}, from {median:.{digits}f} {unit}"] = ~low
