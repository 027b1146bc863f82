"""Finds what is wrong with a data set: one `DatasetIssue` for each kind of fault, with the films that have it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.duplicates import exact_duplicates, near_duplicates
from cxr_core.datasets.quality.leakage import patients_in_two_splits
from cxr_core.datasets.quality.pixel_statistics import PixelStatistics

TINY_SIDE = 100  # pixels; a smaller film does not show the texture of the lung
MOST_CORRELATION_INVERTED = -0.3  # with the mean film; the lowest of 5,232 published training films is +0.22
FEWEST_FILMS_FOR_MEAN = 10
_UNUSABLE = {
    "empty": ("Empty", "is empty"),
    "not_an_image": ("Not an image", "is not an image"),
    "truncated": ("Truncated", "is truncated"),
}
ISSUE_COLUMNS = ["path", "split", "label", "patient", "group", "detail"]


@dataclass(frozen=True, eq=False)
class DatasetIssue:
    """One kind of fault and the films that have it.

    message: what the fault means and what to do. films: one row per film, with ISSUE_COLUMNS; films of one `group`
    belong together ("" for none). blocks: whether the films are left out of splits and training.
    """

    name: str
    title: str
    message: str
    films: pd.DataFrame
    blocks: bool = False

    @property
    def groups(self) -> int:
        """The number of groups; 0 for a fault of single films."""
        return len(set(self.films["group"]) - {""})


def find_issues(index: Index, statistics: PixelStatistics | None = None) -> list[DatasetIssue]:
    """An issue for each fault that headers and bytes show and, given the statistics, for each that pixels show.

    A fault that no film has is an issue without films.
    """
    films = index.films
    issues = [*_unusable(films), *_exact_duplicates(films), _in_two_splits(films), _tiny(films)]
    if statistics is not None:
        issues += [find(index, statistics) for find in (_undecodable, _near_duplicates, _coloured, _inverted)]
    return issues


def issues_to_json(issues: Iterable[DatasetIssue]) -> dict[str, dict[str, Any]]:
    """The issues by name, JSON-ready: title, message (as "sentence"), numbers of films and groups, and the films."""
    return {
        issue.name: {
            "title": issue.title,
            "sentence": issue.message,
            "films": len(issue.films),
            "groups": issue.groups,
            "list": issue.films.to_dict("records"),
        }
        for issue in issues
    }


def _unusable(films: pd.DataFrame) -> Iterable[DatasetIssue]:
    others = films[films["fault"] != ""]
    for name, (title, fault) in _UNUSABLE.items():
        chosen = others["fault"] == fault
        message = f"{counted(int(chosen.sum()), 'file')} left out of every split and training; replace or remove."
        rows = issue_films(others[chosen], detail=others.loc[chosen, "fault"])
        yield DatasetIssue(name, title, message, rows, blocks=True)
        others = others[~chosen]
    message = f"{counted(len(others), 'file')} left out of every split and training; the detail says why."
    rows = issue_films(others, detail=others["fault"])
    yield DatasetIssue("unreadable", "Unreadable", message, rows, blocks=True)


def _exact_duplicates(films: pd.DataFrame) -> Iterable[DatasetIssue]:
    groups = exact_duplicates(films)
    rows = _grouped(films, groups)
    copies = sum(map(len, groups)) - len(groups)
    yield DatasetIssue(
        "exact_duplicates",
        "Exact duplicates",
        f"{counted(len(groups), 'group')} of files with the same bytes, {copies} superfluous; a split keeps each group "
        "together.",
        rows,
    )
    labels = rows.groupby("group")["label"].nunique() if len(rows) else pd.Series(dtype=int)
    in_two_classes = rows[rows["group"].isin(labels.index[labels > 1])]
    yield DatasetIssue(
        "two_classes",
        "One film in two classes",
        f"{_films(in_two_classes['group'].nunique())} filed under both classes: one of the two labels is wrong.",
        in_two_classes,
    )


def _in_two_splits(films: pd.DataFrame) -> DatasetIssue:
    patients = patients_in_two_splits(films)
    chosen = films[films["series"].isin(patients)]
    detail = "in " + chosen["series"].map({name: " and ".join(splits) for name, splits in patients.items()})
    message = (
        f"{counted(len(patients), 'patient')} with films in more than one split: scores on the test films are too good."
    )
    rows = issue_films(chosen, group=chosen["series"], detail=detail)
    return DatasetIssue("two_splits", "A patient in two splits", message, rows)


def _tiny(films: pd.DataFrame) -> DatasetIssue:
    side = films[["width", "height"]].min(axis=1)
    chosen = films[(films["fault"] == "") & side.between(1, TINY_SIDE - 1)]
    detail = chosen["width"].astype(str) + " x " + chosen["height"].astype(str) + " pixels"
    message = f"{_films(len(chosen))} under {TINY_SIDE} pixels a side: too small to show consolidation."
    return DatasetIssue("tiny", "Tiny", message, issue_films(chosen, detail=detail))


def _undecodable(index: Index, statistics: PixelStatistics) -> DatasetIssue:
    chosen = index.readable[~statistics.decoded]
    message = f"{_films(len(chosen))} with a valid header but pixels that cannot be decoded: replace or remove."
    detail = statistics.table.loc[chosen.index, "fault"]
    return DatasetIssue("undecodable", "Pixels unreadable", message, issue_films(chosen, detail=detail), blocks=True)


def _near_duplicates(index: Index, statistics: PixelStatistics) -> DatasetIssue:
    films = index.readable[statistics.decoded]
    hashes, thumbnails = statistics.hashes[statistics.decoded], statistics.thumbnails[statistics.decoded]
    groups = near_duplicates(hashes, thumbnails, films["sha256"].to_numpy(dtype=str))
    rows = _grouped(films, [films["path"].iloc[group].tolist() for group in groups])
    several_patients = sum(part["patient"].nunique() > 1 for _, part in rows.groupby("group"))
    message = (
        f"{counted(len(groups), 'group')} of films that show the same image in different bytes, {several_patients} "
        "under more than one patient: a split may separate these."
    )
    return DatasetIssue("near_duplicates", "Near duplicates", message, rows)


def _coloured(index: Index, statistics: PixelStatistics) -> DatasetIssue:
    chosen = index.readable[statistics.table["colour"]]
    message = f"{_films(len(chosen))} with colour, which X-rays lack: a photograph, a screenshot or a mark."
    return DatasetIssue("colour", "Colour", message, issue_films(chosen))


def _inverted(index: Index, statistics: PixelStatistics) -> DatasetIssue:
    films = index.readable
    correlation = pd.Series(_correlation_with_mean(statistics), index=films.index)
    chosen = films[statistics.decoded & (correlation < MOST_CORRELATION_INVERTED)]
    detail = "likeness to the mean film " + correlation[chosen.index].map("{:.2f}".format).astype(str)
    message = f"{_films(len(chosen))} with inverted grey scale, bones dark: invert the grey values."
    return DatasetIssue("inverted", "Inverted", message, issue_films(chosen, detail=detail))


def _correlation_with_mean(statistics: PixelStatistics) -> np.ndarray:
    """Correlation of each thumbnail with the mean thumbnail, `float (N,)`, -1 to 1; 0 if there are too few films."""
    if statistics.decoded.sum() < FEWEST_FILMS_FOR_MEAN:
        return np.zeros(len(statistics.thumbnails))
    flat = statistics.thumbnails.reshape(len(statistics.thumbnails), -1)
    mean = flat[statistics.decoded].mean(axis=0, dtype=np.float64)
    mean = (mean - mean.mean()) / (mean.std() or 1.0)
    own_mean, spread = flat.mean(axis=1), flat.std(axis=1)
    covariance = (flat @ mean) / mean.size - own_mean * mean.mean()
    correlation: np.ndarray = covariance / np.where(spread > 0, spread, 1.0)
    return correlation


def issue_films(films: pd.DataFrame, group: pd.Series | str = "", detail: pd.Series | str = "") -> pd.DataFrame:
    """The films of an issue with ISSUE_COLUMNS, sorted by group and path."""
    rows = films.assign(group=group, detail=detail)[ISSUE_COLUMNS]
    return rows.sort_values(["group", "path"], ignore_index=True)


def _grouped(films: pd.DataFrame, groups: list[list[str]]) -> pd.DataFrame:
    """The films of an issue from groups of paths; each group is named by its first path."""
    group = {path: paths[0] for paths in groups for path in paths}
    chosen = films[films["path"].isin(group)]
    return issue_films(chosen, group=chosen["path"].map(group))


def counted(number: int, noun: str) -> str:
    """A number with its noun, "1 film", "2 films"."""
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def _films(number: int) -> str:
    return counted(number, "film")
