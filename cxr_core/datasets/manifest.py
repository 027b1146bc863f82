"""Reads a data set given as a table: a CSV with `path,label[,patient,split,source,age,sex,view]` next to its
images or DICOM files.

docs/datasets.md shows how to bring the files of a hospital or a challenge into this form. A second table in the same
folder, named `not_normal_no_opacity.csv` (as the RSNA challenge calls its third class) or `other.csv` and without a
column of labels, adds films of neither class, OTHER.
"""

import os
import stat
from pathlib import Path, PurePosixPath

import pandas as pd

from cxr_core.datasets.folder_layout import FoundFile, FoundFiles
from cxr_core.errors import DataSetError, UnusableFile, reason_of
from cxr_core.labels import NORMAL, OTHER, PNEUMONIA, SPLITS
from cxr_core.limits import read_table

ACCEPTED_TABLE = "a CSV with the columns path and label, and if known patient, split, source, age, sex and view"
_LABELS = {
    **dict.fromkeys(("normal", "0", "0.0", "negative", "no finding", "false"), NORMAL),
    **dict.fromkeys(("pneumonia", "1", "1.0", "positive", "true"), PNEUMONIA),
    "other": OTHER,
}
_SPLITS = {
    "": "",
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}

_GIVEN = ("patient", "source", "age", "sex", "view")
OTHER_TABLES = ("not_normal_no_opacity.csv", "other.csv")


def read_data_set_table(file: Path) -> FoundFiles:
    """The files that a table lists; one that does not exist has a `fault`.

    Paths are relative to the table's folder and may not lead out of it. Labels are NORMAL and PNEUMONIA, or 0 and 1,
    or OTHER for neither, without regard to case. Raises DataSetError, with the line, for a table that cannot be used.
    """
    table = _read(file)
    missing = [name for name in ("path", "label") if name not in table]
    if missing:
        raise DataSetError(f"has no column {missing[0]}", thing=file, accepted=f"accepted is {ACCEPTED_TABLE}")
    if not len(table):
        raise DataSetError("lists no film", thing=file, accepted=f"accepted is {ACCEPTED_TABLE}")
    files, notes = _files(file, table), []
    listed = {found.path for found in files}
    for other in (file.with_name(name) for name in OTHER_TABLES):
        if other == file or not other.is_file():
            continue
        table = _read(other)
        if "path" in table and "label" not in table:
            more = [found for found in _files(other, table.assign(label=OTHER)) if found.path not in listed]
            files += more
            listed |= {found.path for found in more}
            notes.append(f"{other.name}: {len(more):,} films of neither class, kept to count false alarms.")
    return FoundFiles(files, notes)


def _read(file: Path) -> pd.DataFrame:
    """A CSV as text, its columns in lower case. Raises DataSetError."""
    try:
        return read_table(file)
    except UnusableFile as error:
        raise DataSetError(error.problem, thing=file, accepted=f"accepted is {ACCEPTED_TABLE}") from error


def _files(file: Path, table: pd.DataFrame) -> list[FoundFile]:
    """The films of a table with `path` and `label`. Raises DataSetError, with the line."""
    columns = ["path", "label", "split", *_GIVEN]
    table = table.reindex(columns=columns, fill_value="").apply(lambda c: c.str.strip())
    table["path"] = table["path"].str.replace("\\", "/")
    table["class"] = table["label"].str.lower().map(_LABELS)
    table["known_split"] = table["split"].str.lower().map(_SPLITS)
    _refuse(file, table, table["class"].isna(), "label", "NORMAL and PNEUMONIA, or 0 and 1, or OTHER for neither")
    _refuse(file, table, table["known_split"].isna(), "split", f"{', '.join(SPLITS)} or nothing")
    _refuse(file, table, table["path"].map(_leads_out), "path", "paths below the table's folder")
    _refuse(file, table, table["path"].duplicated(), "path", "each path once")
    rows = zip(*(table[name] for name in ("path", "known_split", "class", *_GIVEN)), strict=True)
    return [_found_file(file.parent, *row) for row in rows]


def _refuse(file: Path, table: pd.DataFrame, bad: pd.Series, column: str, accepted: str) -> None:
    """Raises DataSetError for the first row where `bad` is true."""
    if bad.any():
        row = int(bad.to_numpy().argmax())
        given = table[column].iloc[row]
        raise DataSetError(f"{column} {given!r}", thing=f"{file}, line {row + 2}", accepted=f"accepted are {accepted}")


def _leads_out(path: str) -> bool:
    """Whether a path is empty, absolute or leads out of its folder."""
    parts = PurePosixPath(path)
    return not path or "\0" in path or parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]


def _found_file(folder: Path, path: str, split: str, label: str, *given: str) -> FoundFile:
    try:
        status = os.stat(f"{folder}/{path}")  # noqa: PTH116, a Path costs more than the call
    except OSError as error:
        return FoundFile(path, split, label, 0, 0, f"cannot be read: {reason_of(error)}", *given)
    if not stat.S_ISREG(status.st_mode):
        return FoundFile(path, split, label, 0, 0, "is not a regular file", *given)
    return FoundFile(path, split, label, status.st_size, status.st_mtime_ns, "", *given)
