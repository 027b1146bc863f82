"""Reads a data set given as a table: a CSV with `path,label[,patient,split]` next to its images or DICOM files.

docs/datasets.md shows how to bring the files of a hospital or a challenge into this form.
"""

import os
import stat
from pathlib import Path, PurePosixPath

import pandas as pd

from cxr_core.datasets.folder_layout import FoundFile, FoundFiles
from cxr_core.errors import DataSetError, UnusableFile
from cxr_core.labels import NORMAL, PNEUMONIA, SPLITS
from cxr_core.limits import read_table

ACCEPTED_TABLE = "a CSV with the columns path and label, and if known patient and split"
_LABELS = {
    **dict.fromkeys(("normal", "0", "0.0", "negative", "no finding", "false"), NORMAL),
    **dict.fromkeys(("pneumonia", "1", "1.0", "positive", "true"), PNEUMONIA),
}
_SPLITS = {
    "": "",
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def read_data_set_table(file: Path) -> FoundFiles:
    """The files that a table lists; one that does not exist has a `fault`.

    Paths are relative to the table's folder and may not lead out of it. Labels are NORMAL and PNEUMONIA, or 0 and 1,
    without regard to case. Raises DataSetError, with the line, for a table that cannot be used.
    """
    try:
        table = read_table(file)
    except UnusableFile as error:
        raise DataSetError(error.problem, thing=str(file), accepted=f"accepted is {ACCEPTED_TABLE}") from error
    missing = [name for name in ("path", "label") if name not in table]
    if missing:
        raise DataSetError(f"{file}: has no column {missing[0]}; accepted is {ACCEPTED_TABLE}.")
    if not len(table):
        raise DataSetError(f"{file}: lists no film; accepted is {ACCEPTED_TABLE}.")
    table = table.reindex(columns=["path", "label", "patient", "split"], fill_value="").apply(lambda c: c.str.strip())
    table["path"] = table["path"].str.replace("\\", "/")
    table["class"] = table["label"].str.lower().map(_LABELS)
    table["known_split"] = table["split"].str.lower().map(_SPLITS)
    _refuse(file, table, table["class"].isna(), "label", "NORMAL and PNEUMONIA, or 0 and 1")
    _refuse(file, table, table["known_split"].isna(), "split", f"{', '.join(SPLITS)} or nothing")
    _refuse(file, table, table["path"].map(_leads_out), "path", "paths below the table's folder")
    _refuse(file, table, table["path"].duplicated(), "path", "each path once")
    columns = (table[name] for name in ("path", "known_split", "class", "patient"))
    return FoundFiles([_found_file(file.parent, *row) for row in zip(*columns, strict=True)])


def _refuse(file: Path, table: pd.DataFrame, bad: pd.Series, column: str, accepted: str) -> None:
    """Raises DataSetError for the first row where `bad` is true."""
    if bad.any():
        row = int(bad.to_numpy().argmax())
        given = table[column].iloc[row]
        raise DataSetError(f"{file}, line {row + 2}: {column} {given!r}; accepted are {accepted}.")


def _leads_out(path: str) -> bool:
    """Whether a path is empty, absolute or leads out of its folder."""
    parts = PurePosixPath(path)
    return not path or "\0" in path or parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]


def _found_file(folder: Path, path: str, split: str, label: str, patient: str) -> FoundFile:
    try:
        status = os.stat(f"{folder}/{path}")  # noqa: PTH116, a Path costs more than the call
    except OSError as error:
        return FoundFile(path, split, label, 0, 0, f"cannot be read: {error.strerror}", patient)
    if not stat.S_ISREG(status.st_mode):
        return FoundFile(path, split, label, 0, 0, "is not a regular file", patient)
    return FoundFile(path, split, label, status.st_size, status.st_mtime_ns, "", patient)
