"""Splits of a data set by patient, stratified and seeded, and the tables that store them; no film is moved."""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.errors import DataSetError, SettingsError, UnusableFile, not_one_of, work_error
from cxr_core.files import replace_atomically, store_file
from cxr_core.labels import SPLITS
from cxr_core.limits import read_table
from cxr_core.paths import home
from cxr_core.tables import table_to_csv

GROUPS = ("patient", "image")
FRACTIONS = (0.7, 0.15, 0.15)
_NAME = re.compile(r"[\w][\w .-]{0,60}")
SPLIT_COLUMNS = ["path", "label", "kind", "patient", "sha256", "split", "source"]


def grouped_split(
    films: pd.DataFrame, fractions: Sequence[float] = FRACTIONS, seed: int = 0, group: str = "patient"
) -> pd.Series:
    """Assigns films to train, val and test.

    films: rows of `Index.films`; those with a fault are left out (their split is "").
    fractions: of films in train, val and test; they add up to 1. Zeros are allowed.
    group: "patient" keeps all films of a patient together; "image" assigns each film by itself, which leaks patients
    between the splits and is for comparison only.
    The split is stratified: the patients of each kind, at each source, are shuffled and assigned until the fractions
    are reached.
    Returns a Series of "train", "val", "test" or "" on the index of `films`. Raises SettingsError.
    """
    if len(fractions) != 3 or not all(0 <= share <= 1 for share in fractions) or abs(sum(fractions) - 1) > 1e-6:
        given = " ".join(map(str, fractions))
        raise SettingsError(
            thing=f"fractions {given}", accepted="three numbers from 0 to 1 that add up to 1 are accepted"
        )
    if group not in GROUPS:
        raise not_one_of("group", group, GROUPS)
    usable = films[films["fault"] == ""]
    keys = usable["patient"] if group == "patient" else usable["path"]
    strata = usable["source"] + "/" + usable["kind"] if "source" in usable else usable["kind"]
    patients = _patients(keys, strata)
    rng = np.random.default_rng(seed)
    assigned: dict[str, str] = {}
    for _, stratum in patients.groupby("kind", sort=True):
        shuffled = stratum.iloc[rng.permutation(len(stratum))]
        middle = (shuffled["films"].cumsum() - shuffled["films"] / 2) / shuffled["films"].sum()
        part = np.searchsorted(np.cumsum(fractions)[:2], middle.to_numpy(), side="right")
        assigned |= {name: SPLITS[i] for name, i in zip(shuffled.index, part, strict=True)}
    return keys.map(assigned).reindex(films.index, fill_value="")


def official_split(films: pd.DataFrame) -> pd.Series:
    """The published split, which is that of the folders; "" for films with a fault or in no split folder."""
    return films["split"].where(films["fault"] == "", "")


def write_split(films: pd.DataFrame, split: pd.Series, file: Path) -> None:
    """Writes the split as a CSV with SPLIT_COLUMNS; films without a split are left out.

    A file is replaced atomically; a pipe or a device is written to. Raises WorkError if it cannot be written.
    """
    try:
        pipe_or_device = file.exists() and not file.is_file()
        with nullcontext(file) if pipe_or_device else replace_atomically(file.resolve()) as part:
            part.write_text(table_to_csv(_table(films, split)), encoding="utf-8")
    except OSError as error:
        raise work_error(file, "the split cannot be written", error) from error


def _table(films: pd.DataFrame, split: pd.Series) -> pd.DataFrame:
    table = films.assign(split=split)
    return table.loc[table["split"] != "", SPLIT_COLUMNS]


def read_split(films: pd.DataFrame, file: Path) -> pd.Series:
    """The split of each film, from a split table; "" for films that it does not list or that have a fault.

    Where it lists none of these paths, films are found by their bytes, if it has a column `sha256`: those of one source
    of a split of several, or of a folder that was moved.

    Raises DataSetError if the file is not a split table of these films.
    """
    try:
        table = read_table(file)
    except UnusableFile as error:
        raise DataSetError(error.problem, thing=file, accepted="accepted is a CSV with path,split") from error
    if not {"path", "split"} <= set(table.columns):
        raise DataSetError(
            f"has the columns {', '.join(table.columns)}", thing=file, accepted="a split table has path and split"
        )
    unknown = sorted(set(table["split"]) - set(SPLITS))
    if unknown:
        raise DataSetError(f"has the split {unknown[0]!r}", thing=file, accepted=f"accepted are {', '.join(SPLITS)}")
    if table["path"].duplicated().any():
        raise DataSetError(
            f"lists {table['path'][table['path'].duplicated()].iloc[0]} twice", thing=file, accepted="once is accepted"
        )
    found = films["path"].map(dict(zip(table["path"], table["split"], strict=True))).fillna("")
    if (found == "").all() and "sha256" in table:
        known = table[table["sha256"] != ""].drop_duplicates("sha256")
        found = films["sha256"].map(dict(zip(known["sha256"], known["split"], strict=True))).fillna("")
    if (found == "").all():
        raise DataSetError(
            "lists none of the data set's films", thing=file, accepted="its paths must be relative to the data set"
        )
    return found.where(films["fault"] == "", "")


def save_split(index: Index, split: pd.Series, name: str) -> Path:
    """Stores a split under `CXR_HOME`, where Train and Evaluate find it; one of the same name is replaced.

    Raises SettingsError for a name that is not accepted, WorkError if it cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            thing=f"split name {name!r}", accepted="letters, digits, spaces, dots, _ and - are accepted, 61 at most"
        )
    file = splits_folder(index) / f"{name.strip()}.csv"
    with store_file(file, "the split") as part:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(table_to_csv(_table(index.films, split)), encoding="utf-8")
    return file


def saved_splits(index: Index) -> list[Path]:
    """The split tables stored for these films, the newest first."""
    tables = splits_folder(index).glob("*.csv")
    return sorted(tables, key=lambda file: file.stat().st_mtime_ns, reverse=True)


def splits_folder(index: Index) -> Path:
    """The folder of the stored splits; data sets with the same films share it, wherever they lie."""
    return home() / "splits" / index.fingerprint[:16]


def _patients(keys: pd.Series, kinds: pd.Series) -> pd.DataFrame:
    """One row per patient, sorted by key: the most frequent kind of its films (`kind`) and their number (`films`)."""
    table = pd.crosstab(keys, kinds)
    kind = table.columns.to_numpy()[table.to_numpy().argmax(axis=1)] if len(table) else []
    return pd.DataFrame({"kind": kind, "films": table.sum(axis=1)}, index=table.index)
