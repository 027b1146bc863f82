"""The parts of the films that a reviewer asks for: kind, size, contrast, films a patient, what DICOM headers say."""

import numpy as np
import pandas as pd

from cxr_core.evaluation.store import Evaluation
from cxr_core.imaging.dicom_age import parse_age
from cxr_core.metrics.estimate_text import in_short, quoted
from cxr_core.metrics.subgroups import evaluate_subgroups, kinds_against_normal

DRAWS = 1000
HEADERS = {"sex": "Sex", "view": "View", "manufacturer": "Manufacturer"}
AGES = ((0, 1, "under 1 year"), (1, 6, "1 to 5 years"), (6, 18, "6 to 17 years"), (18, 999, "18 years and over"))


def film_groups(evaluation: Evaluation) -> tuple[dict[str, np.ndarray], list[str]]:
    """Name to `bool (N,)` for each group, and a sentence for each grouping that these films do not allow."""
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
        _halves(groups, notes, side, "Film size", "Smaller films", "Larger films", "pixels a side", 0)
    if "contrast" in films:
        contrast = films["contrast"].to_numpy(float)
        _halves(groups, notes, contrast, "Film contrast", "Flatter films", "Films of more contrast", "grey values", 1)
    _, place, times = np.unique(scores.patients, return_inverse=True, return_counts=True)
    several = times[place] > 1
    if several.any() and not several.all():
        groups |= {"Patients with one film": ~several, "Patients with several films": several}
    else:
        notes.append(f"Every patient has {'several films' if several.all() else 'one film'}.")
    if "age" in films:
        ages = [parse_age(str(age)) for age in films["age"]]
        years = np.array([age.years if age else np.nan for age in ages], float)
        groups |= {
            f"Age {name}": chosen for low, high, name in AGES if (chosen := (years >= low) & (years < high)).any()
        }
    for column, title in HEADERS.items():
        if column in films:
            values = films[column].fillna("").astype(str)
            groups |= {f"{title} {value}": (values == value).to_numpy() for value in sorted(set(values) - {""})}
    return groups, notes


def _halves(
    groups: dict[str, np.ndarray],
    notes: list[str],
    values: np.ndarray,
    what: str,
    below: str,
    above: str,
    unit: str,
    digits: int,
) -> None:
    """Two groups at the median, unless all films are alike."""
    middle = float(np.median(values))
    low = values < middle
    if not low.any():
        notes.append(f"{what}: at least half of the films have the same, {middle:.{digits}f} {unit}; not parted.")
        return
    groups[f"{below}, under {middle:.{digits}f} {unit}"] = low
    groups[f"{above}, from {middle:.{digits}f} {unit}"] = ~low


def group_table(evaluation: Evaluation) -> tuple[pd.DataFrame, list[str]]:
    """Figures of every group, with DRAWS draws of patients, and a sentence for each grouping that was not possible."""
    groups, notes = film_groups(evaluation)
    found = evaluate_subgroups(evaluation.scores, groups, evaluation.threshold, DRAWS)
    return group_rows(found), notes


def group_rows(found: list) -> pd.DataFrame:
    """Subgroups as a table for the screen and the report; found: as `evaluate_subgroups` gives them."""
    rows = []
    for group in found:
        row = {"Group": group.name, "Films": 0, "Patients": 0}
        if group.metrics is not None:
            told = group.metrics.to_dict()
            row |= {"Films": told["films"], "Patients": told["patients"]}
            row |= {name: in_short(quoted(told, key)) for name, key in _SHOWN.items()}
        rows.append(row | {"Note": group.note or ""})
    return pd.DataFrame(rows).fillna("")


_SHOWN = {"AUROC": "auroc", "Sensitivity": "sensitivity", "Specificity": "specificity"}
