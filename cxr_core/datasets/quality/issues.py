"""What is wrong with a data set, one `DatasetIssue` for each kind of fault, with the films it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.duplicates import near_duplicates
from cxr_core.datasets.quality.pixel_statistics import PixelStatistics
from cxr_core.datasets.summary import exact_duplicates, patients_in_two_splits

TINY_SIDE = 100  # pixels; below it the lung's texture is gone, whatever the network's input size
MOST_LIKE_INVERTED = -0.3  # of 5,232 published training films the least like their mean has +0.22, none is inverted
FEWEST_FOR_A_MEAN = 10
_UNUSABLE = {
    "empty": ("Empty", "is empty"),
    "not_an_image": ("Not an image", "is not an image"),
    "truncated": ("Truncated", "is truncated"),
}
ISSUE_COLUMNS = ["path", "split", "label", "patient", "group", "detail"]


@dataclass(frozen=True, eq=False)
class DatasetIssue:
    """One kind of fault. `films`: ISSUE_COLUMNS, one row a film; rows of one `group` belong together ("" for none).

    `sentence` says what it means and what to do; `blocks` tells whether the films are left out of splits and training.
    """

    name: str
    title: str
    sentence: str
    films: pd.DataFrame
    blocks: bool = False

    @property
    def groups(self) -> int:
        """How many groups its films form; 0 where they concern each film alone."""
        return len(set(self.films["group"]) - {""})


def find_issues(index: Index, looks: PixelStatistics | None = None) -> list[DatasetIssue]:
    """A finding for each fault that headers and bytes can show, and with `looks` for those that pixels can.

    A fault that was looked for and not found is a finding without films.
    """
    films = index.films
    findings = [*_unusable(films), *_repeated(films), _parted(films), _tiny(films)]
    if looks is not None:
        findings += [_undecodable(index, looks), _near(index, looks), _coloured(index, looks), _inverted(index, looks)]
    return findings


def tally(findings: Iterable[DatasetIssue]) -> dict[str, dict]:
    """Each finding by its name, JSON-ready: its title and sentence, how many films and groups, and which films."""
    return {
        finding.name: {
            "title": finding.title,
            "sentence": finding.sentence,
            "films": len(finding.films),
            "groups": finding.groups,
            "list": finding.films.to_dict("records"),
        }
        for finding in findings
    }


def _unusable(films: pd.DataFrame) -> Iterable[DatasetIssue]:
    left = films[films["fault"] != ""]
    for name, (title, fault) in _UNUSABLE.items():
        here = left["fault"] == fault
        sentence = f"{counted(int(here.sum()), 'file')} left out of every split and training; replace or remove."
        yield DatasetIssue(name, title, sentence, listed(left[here], detail=left.loc[here, "fault"]), blocks=True)
        left = left[~here]
    sentence = f"{counted(len(left), 'file')} left out of every split and training; the detail says why."
    yield DatasetIssue("unreadable", "Unreadable", sentence, listed(left, detail=left["fault"]), blocks=True)


def _repeated(films: pd.DataFrame) -> Iterable[DatasetIssue]:
    groups = exact_duplicates(films)
    rows = _grouped(films, groups)
    copies = sum(map(len, groups)) - len(groups)
    yield DatasetIssue(
        "exact_duplicates",
        "Exact duplicates",
        f"{counted(len(groups), 'group')} of files with the same bytes, {copies} too many; a split parts no group.",
        rows,
    )
    labels = rows.groupby("group")["label"].nunique() if len(rows) else pd.Series(dtype=int)
    torn = rows[rows["group"].isin(labels.index[labels > 1])]
    yield DatasetIssue(
        "two_classes",
        "One film in two classes",
        f"{_films(torn['group'].nunique())} filed under both classes: one of the two labels is wrong.",
        torn,
    )


def _parted(films: pd.DataFrame) -> DatasetIssue:
    parted = patients_in_two_splits(films)
    here = films[films["series"].isin(parted)]
    detail = "in " + here["series"].map({name: " and ".join(splits) for name, splits in parted.items()})
    sentence = (
        f"{counted(len(parted), 'patient')} with films in more than one split: a score on the later one is too good."
    )
    return DatasetIssue(
        "two_splits", "A patient in two splits", sentence, listed(here, group=here["series"], detail=detail)
    )


def _tiny(films: pd.DataFrame) -> DatasetIssue:
    side = films[["width", "height"]].min(axis=1)
    here = films[(films["fault"] == "") & side.between(1, TINY_SIDE - 1)]
    detail = here["width"].astype(str) + " x " + here["height"].astype(str) + " pixels"
    sentence = f"{_films(len(here))} under {TINY_SIDE} pixels a side: too small to show consolidation."
    return DatasetIssue("tiny", "Tiny", sentence, listed(here, detail=detail))


def _undecodable(index: Index, looks: PixelStatistics) -> DatasetIssue:
    here = index.readable[~looks.seen]
    sentence = f"{_films(len(here))} with a whole header but pixels that cannot be read: replace or remove."
    detail = looks.table.loc[here.index, "fault"]
    return DatasetIssue("undecodable", "Pixels unreadable", sentence, listed(here, detail=detail), blocks=True)


def _near(index: Index, looks: PixelStatistics) -> DatasetIssue:
    films = index.readable[looks.seen]
    seen = looks.seen
    groups = near_duplicates(looks.hashes[seen], looks.thumbnails[seen], films["sha256"].to_numpy(dtype=str))
    rows = _grouped(films, [films["path"].iloc[group].tolist() for group in groups])
    parted = sum(part["patient"].nunique() > 1 for _, part in rows.groupby("group"))
    sentence = (
        f"{counted(len(groups), 'group')} of films that show the same picture in different bytes, {parted} under more "
        "than one patient: a split may part these."
    )
    return DatasetIssue("near_duplicates", "Near duplicates", sentence, rows)


def _coloured(index: Index, looks: PixelStatistics) -> DatasetIssue:
    here = index.readable[looks.table["colour"]]
    sentence = f"{_films(len(here))} with colour, which an X-ray has not: a photograph, a screenshot or a mark."
    return DatasetIssue("colour", "Colour", sentence, listed(here))


def _inverted(index: Index, looks: PixelStatistics) -> DatasetIssue:
    films = index.readable
    likeness = pd.Series(_likeness(looks), index=films.index)
    here = films[looks.seen & (likeness < MOST_LIKE_INVERTED)]
    detail = "likeness to the mean film " + likeness[here.index].map("{:.2f}".format).astype(str)
    sentence = f"{_films(len(here))} like the negative of the others, bones dark: turn the grey values round."
    return DatasetIssue("inverted", "Inverted", sentence, listed(here, detail=detail))


def _likeness(looks: PixelStatistics) -> np.ndarray:
    """Correlation of each film with the mean film, `float (N,)`, -1 to 1; 0 where too few films make a mean."""
    if looks.seen.sum() < FEWEST_FOR_A_MEAN:
        return np.zeros(len(looks.thumbnails))
    flat = looks.thumbnails.reshape(len(looks.thumbnails), -1)
    mean = flat[looks.seen].mean(axis=0, dtype=np.float64)
    mean = (mean - mean.mean()) / (mean.std() or 1.0)
    own_mean, spread = flat.mean(axis=1), flat.std(axis=1)
    covariance = (flat @ mean) / mean.size - own_mean * mean.mean()
    return covariance / np.where(spread > 0, spread, 1.0)


def listed(films: pd.DataFrame, group: pd.Series | str = "", detail: pd.Series | str = "") -> pd.DataFrame:
    """The films of a finding with ISSUE_COLUMNS, the films of a group together."""
    rows = films.assign(group=group, detail=detail)[ISSUE_COLUMNS]
    return rows.sort_values(["group", "path"], ignore_index=True)


def _grouped(films: pd.DataFrame, groups: list[list[str]]) -> pd.DataFrame:
    """Films by their groups of paths; each group is named by its first path."""
    group = {path: paths[0] for paths in groups for path in paths}
    here = films[films["path"].isin(group)]
    return listed(here, group=here["path"].map(group))


def counted(number: int, noun: str) -> str:
    """A number with its noun, "1 film", "2 films"."""
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def _films(number: int) -> str:
    return counted(number, "film")
