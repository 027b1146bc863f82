"""The summary of a data set: counts, unreadable files, duplicates, films of the same patient and patient leakage."""

from typing import Any

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.patients import number_within_split
from cxr_core.datasets.quality.duplicates import exact_duplicates
from cxr_core.datasets.quality.leakage import (
    patient_leakage,
    patients_in_two_splits,
    random_split_leakage,
    same_patient_counts,
)
from cxr_core.datasets.split import grouped_split


def summarise(index: Index) -> dict[str, Any]:
    """The summary of a data set, JSON-ready: only dicts, lists, str, int and float.

    `siblings` counts films of the same patient, among "all" films and, if the data set has both, in "train_and_test";
    its shares and leaks are fractions of 1.
    """
    films = index.films
    duplicates = exact_duplicates(films)
    in_two_splits = patients_in_two_splits(films)
    scopes = {"all": films}
    if {"train", "test"} <= set(films["split"]):
        scopes = {"train_and_test": films[films["split"].isin(["train", "test"])]} | scopes
    return {
        "root": str(index.root),
        "fingerprint": index.fingerprint,
        "films": len(films),
        "splits": {split: counts(part) for split, part in films.groupby("split", sort=False)},
        "classes": _count(films["label"]),
        "kinds": _count(films["kind"]),
        "patients": int(films["patient"].nunique()),
        "faults": [
            {"path": path, "fault": fault} for path, fault in zip(films["path"], films["fault"], strict=True) if fault
        ],
        "duplicate_groups": len(duplicates),
        "duplicate_files": sum(map(len, duplicates)),
        "duplicates": duplicates,
        "duplicate_groups_across_splits": _groups_across(films, "split"),
        "duplicate_groups_across_classes": _groups_across(films, "label"),
        "siblings": {name: _same_patient_films(part) for name, part in scopes.items()},
        "patients_in_two_splits": [{"patient": name, "splits": splits} for name, splits in in_two_splits.items()],
        "notes": list(index.notes),
    }


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """The counts of a summary and its films of the same patient, as lines of text."""
    lines = [f"{summary['root']}: {summary['films']:,} films of {summary['patients']:,} patients"]
    for split, part in summary["splits"].items():
        classes, kinds = (
            ", ".join(f"{number:,} {name}" for name, number in part[column].items()) for column in ("classes", "kinds")
        )
        lines.append(f"  {split or 'no split'}: {classes} ({kinds})")
    for scope, rules in summary["siblings"].items():
        lines.append(f"  films of the same patient, {scope.replace('_', ' ')} films:")
        for rule, found in rules.items():
            by_film = found["random_split_leak"]
            lines.append(
                f"    {rule.replace('_', ' ')}: {found['patients']:,} patients, {found['share_with_sibling']:.1%} of "
                f"films are of a patient with several; patient leakage of a 70/15/15 split: {by_film['low']:.0%} to "
                f"{by_film['high']:.0%} of test films if by film, {found['our_split_leak']:.0%} if by patient"
            )
    return lines


def counts(films: pd.DataFrame) -> dict[str, Any]:
    """The number of films, in all, by class and by kind, and the number of patients, JSON-ready."""
    return {
        "films": len(films),
        "classes": _count(films["label"]),
        "kinds": _count(films["kind"]),
        "patients": int(films["patient"].nunique()),
    }


def _same_patient_films(films: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Films of the same patient by two rules, and the leakage of a 70/15/15 split: random by film, and ours."""
    rules = {"by_kind_and_number": films["series"], "by_number_within_split": number_within_split(films)}
    split = grouped_split(films)
    return {
        name: {
            **same_patient_counts(keys),
            "random_split_leak": random_split_leakage(keys),
            "our_split_leak": patient_leakage(keys, split),
        }
        for name, keys in rules.items()
    }


def _groups_across(films: pd.DataFrame, column: str) -> int:
    """How many groups of files with the same bytes have more than one value of `column`."""
    values = films[films["sha256"] != ""].groupby("sha256")[column].nunique()
    return int((values > 1).sum())


def _count(values: pd.Series) -> dict[str, int]:
    return {str(name): int(number) for name, number in values.value_counts().sort_index().items()}
