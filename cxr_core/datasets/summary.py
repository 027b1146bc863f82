"""What a data set holds, as named figures: counts, unreadable files, duplicates, siblings, children in two splits."""

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.patients import number_within_split
from cxr_core.datasets.quality.leakage import leak, random_split_leak, siblings
from cxr_core.datasets.split import grouped_split


def summarise(index: Index) -> dict:
    """Counts by split, class and kind; unreadable files; exact duplicates; siblings; patients in two splits.

    JSON-ready: only dicts, lists, str, int and float. `siblings` holds one entry for "train_and_test" (where the set
    has both) and one for "all" films; shares and leaks are fractions of 1.
    """
    films = index.films
    duplicates = exact_duplicates(films)
    parted = patients_in_two_splits(films)
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
        "siblings": {name: _siblings(part) for name, part in scopes.items()},
        "patients_in_two_splits": [{"patient": name, "splits": splits} for name, splits in parted.items()],
        "notes": list(index.notes),
    }


def in_words(summary: dict) -> list[str]:
    """A summary's counts and siblings, a line each."""
    lines = [f"{summary['root']}: {summary['films']:,} films of {summary['patients']:,} patients"]
    for split, part in summary["splits"].items():
        classes, kinds = (
            ", ".join(f"{number:,} {name}" for name, number in part[column].items()) for column in ("classes", "kinds")
        )
        lines.append(f"  {split or 'no split'}: {classes} ({kinds})")
    for scope, rules in summary["siblings"].items():
        lines.append(f"  siblings, {scope.replace('_', ' ')} films:")
        for rule, found in rules.items():
            leaked = found["random_split_leak"]
            lines.append(
                f"    {rule.replace('_', ' ')}: {found['patients']:,} patients, {found['share_with_sibling']:.1%} of "
                f"films with a sibling; dealt 70/15/15 film by film {leaked['low']:.0%} to {leaked['high']:.0%} of "
                f"test films have one in training, dealt by patient {found['our_split_leak']:.0%}"
            )
    return lines


def counts(films: pd.DataFrame) -> dict:
    """Films of one split: their number, by class, by kind, and the number of patients."""
    return {
        "films": len(films),
        "classes": _count(films["label"]),
        "kinds": _count(films["kind"]),
        "patients": int(films["patient"].nunique()),
    }


def exact_duplicates(films: pd.DataFrame) -> list[list[str]]:
    """Groups of two or more paths whose files hold the same bytes."""
    repeated = films[(films["sha256"] != "") & films["sha256"].duplicated(keep=False)]
    return [sorted(paths) for paths in repeated.groupby("sha256", sort=False)["path"].agg(list)]


def patients_in_two_splits(films: pd.DataFrame) -> dict[str, list[str]]:
    """Kind-and-number series that occur in more than one split, with those splits.

    Numbers alone restart between the published splits, so they are not compared across them.
    """
    pairs = films.loc[films["series"] != "", ["series", "split"]].drop_duplicates()
    pairs = pairs[pairs["series"].duplicated(keep=False)]
    return {str(name): sorted(part) for name, part in pairs.groupby("series")["split"]}


def _siblings(films: pd.DataFrame) -> dict:
    """Siblings by each rule, what a random 70/15/15 split by film would leak under it, and what ours leaks."""
    rules = {"by_kind_and_number": films["series"], "by_number_within_split": number_within_split(films)}
    ours = grouped_split(films)
    return {
        name: siblings(keys) | {"random_split_leak": random_split_leak(keys), "our_split_leak": leak(keys, ours)}
        for name, keys in rules.items()
    }


def _groups_across(films: pd.DataFrame, column: str) -> int:
    """How many groups of the same bytes hold more than one value of `column`."""
    values = films[films["sha256"] != ""].groupby("sha256")[column].nunique()
    return int((values > 1).sum())


def _count(values: pd.Series) -> dict[str, int]:
    return {str(name): int(number) for name, number in values.value_counts().sort_index().items()}
