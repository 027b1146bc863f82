"""Several data sets as the sources of one: films of several hospitals, each with its own patients."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.errors import DataSetError


def merged(indexes: Sequence[Index]) -> Index:
    """One index of several data sets; of a single one, that itself.

    Its root is the folder that they have in common, its paths start there. The films of each keep their source; where
    two sources have one name, the later one is numbered ("hospital-2"). A patient is one within a data set only.
    Raises DataSetError if there is none, or if two of them hold the same file.
    """
    if not indexes:
        raise DataSetError("No data set was given", accepted="one or more are accepted")
    if len(indexes) == 1:
        return indexes[0]
    root = Path(os.path.commonpath([index.root for index in indexes]))
    tables, taken, parts = [], set[str](), []
    for index in indexes:
        names = {name: _free(str(name), taken) for name in sorted(index.films["source"].unique())}
        taken |= set(names.values())
        films = index.films.assign(source=index.films["source"].map(names))
        parts.append(replace(index, films=films))
        prefix = index.root.relative_to(root).as_posix()
        inside = "" if prefix == "." else f"{prefix}/"
        owner = f"{min(names.values())}/"
        tables.append(films.assign(path=inside + films["path"], patient=owner + films["patient"]))
    films = pd.concat(tables, ignore_index=True).sort_values("path", ignore_index=True)
    if films["path"].duplicated().any():
        twice = films["path"][films["path"].duplicated()].iloc[0]
        raise DataSetError("is in two of the data sets", thing=root / twice, accepted="each film may be in one")
    notes = tuple(note for index in indexes for note in index.notes)
    read = sum(index.files_read for index in indexes)
    return Index(root, films, indexes[0].source, notes, read, tuple(parts))


def data_sets(index: Index) -> list[Path]:
    """What opens the index again: one path, or one for each of its data sets."""
    return [part.source for part in index.parts] or [index.source]


def path_in(index: Index, part: Index) -> str:
    """What comes before a path of one of the index's data sets in a path of the index: "" or "folder/"."""
    prefix = part.root.relative_to(index.root).as_posix()
    return "" if prefix == "." else f"{prefix}/"


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
