"""A system's scores as a CSV file: `file,label,score[,patient]`, one row per film."""

from pathlib import Path

import pandas as pd

from cxr_core.errors import DataSetError, UnusableFile
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.limits import TABLE_ROWS, check_regular, read_table
from cxr_core.metrics.scores import Scores

LABELS = {NORMAL: 0, PNEUMONIA: 1, "0": 0, "1": 1}
MAX_FILMS = TABLE_ROWS


def is_score_table(data: Path) -> bool:
    """Whether a file is a CSV with a column `score`, judged by its first line."""
    try:
        check_regular(data)
        with data.open(encoding="utf-8-sig", errors="replace") as file:
            columns = [name.strip().lower() for name in file.readline(2000).split(",")]
    except (OSError, UnusableFile):
        return False
    return data.suffix.lower() == ".csv" and "score" in columns


def read_scores_csv(path: Path) -> Scores:
    """Read `file,label,score[,patient]`, one row per film, up to MAX_FILMS rows.

    label: NORMAL, PNEUMONIA, 0 or 1. Without the column patient each film counts as a patient of its own.
    Raises DataSetError with the reason and the number of the first invalid row (the first film is row 1).
    """
    try:
        table = read_table(path, MAX_FILMS)
    except UnusableFile as error:
        raise DataSetError(
            error.problem,
            thing=path,
            accepted=f"a CSV with file,label,score[,patient] is accepted, of up to {MAX_FILMS:,} films",
        ) from error
    missing = [name for name in ("file", "label", "score") if name not in table.columns]
    if missing:
        raise DataSetError(
            f"has the columns {', '.join(table.columns)} and no {missing[0]}",
            thing=path,
            accepted="file, label, score and, if known, patient are accepted",
        )
    labels = table["label"].str.strip().str.upper().map(LABELS)
    _refuse_row(path, table["label"], labels.isna(), "label", "NORMAL, PNEUMONIA, 0 or 1 is")
    scores = pd.to_numeric(table["score"], errors="coerce")
    _refuse_row(path, table["score"], ~scores.between(0, 1), "score", "a probability from 0 to 1 is")
    patients = table.get("patient", table["file"])
    _refuse_row(path, patients, patients.str.strip() == "", "patient" if "patient" in table else "file", "a name is")
    _refuse_row(path, table["file"], table["file"].duplicated(), "file", "each file once is")
    if table.empty:
        raise DataSetError("has no row", thing=path, accepted="at least one film is needed")
    return Scores(labels.to_numpy(), scores.to_numpy(), patients.to_numpy(), table["file"].to_numpy())


def _refuse_row(path: Path, given: pd.Series, invalid: pd.Series, column: str, accepted: str) -> None:
    if invalid.any():
        row = int(invalid.to_numpy().argmax())
        problem = f"row {row + 1} has the {column} {given.iloc[row]!r}"
        raise DataSetError(problem, thing=path, accepted=f"{accepted} accepted")
