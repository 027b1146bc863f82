"""What is evaluated: one label, one score and one patient for each film."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import DataSetError
from cxr_core.labels import NORMAL, PNEUMONIA

if TYPE_CHECKING:
    import pandas as pd

LABELS = {NORMAL: 0, PNEUMONIA: 1, "0": 0, "1": 1}
MAX_FILMS = 1_000_000


@dataclass(frozen=True, eq=False)
class Scores:
    """Labels and calibrated probabilities of N films, N >= 1. The arrays are copies and read-only.

    labels: `int64 (N,)`, 1 = pneumonia, 0 = normal.
    scores: `float64 (N,)` in [0, 1], the probability of pneumonia.
    patients: `str (N,)`, the grouping key: films of one patient are not independent.
    files: `str (N,)`, each film once, or None.
    Raises DataSetError if lengths differ, a label is not 0 or 1, a score is not a number in [0, 1], a file occurs
    twice, or there is no film.
    """

    labels: np.ndarray
    scores: np.ndarray
    patients: np.ndarray
    files: np.ndarray | None = None

    def __post_init__(self) -> None:
        columns = {"labels": self.labels, "scores": self.scores, "patients": self.patients}
        if self.files is not None:
            columns["files"] = self.files
        arrays = {name: np.array(column) for name, column in columns.items()}
        shapes = {name: array.shape for name, array in arrays.items()}
        if len(set(shapes.values())) > 1 or arrays["labels"].ndim != 1:
            given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise DataSetError(f"scores: the shapes are {given}; one value of each for every film is accepted.")
        if not len(arrays["labels"]):
            raise DataSetError("scores: there is no film; at least one is needed.")
        strange = ~np.isin(arrays["labels"], (0, 1))
        if strange.any():
            raise DataSetError(
                f"scores: a label is {arrays['labels'][strange][0]}; 0 (normal) and 1 (pneumonia) are accepted."
            )
        try:
            scores = arrays["scores"].astype(np.float64)
        except (TypeError, ValueError):
            raise DataSetError("scores: not all are numbers; probabilities from 0 to 1 are accepted.") from None
        strange = ~((scores >= 0) & (scores <= 1))
        if strange.any():
            raise DataSetError(f"scores: a score is {scores[strange][0]:g}; probabilities from 0 to 1 are accepted.")
        if "files" in arrays:
            names, times = np.unique(arrays["files"].astype(str), return_counts=True)
            if times.max() > 1:
                raise DataSetError(f"scores: {names[times.argmax()]} occurs {times.max()} times; once is accepted.")
        arrays |= {"labels": arrays["labels"].astype(np.int64), "scores": scores}
        for name, array in arrays.items():
            column = array.astype(str) if name in ("patients", "files") else array
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        """The number of films."""
        return len(self.labels)

    @property
    def pneumonia(self) -> int:
        """The number of films labelled pneumonia."""
        return int(self.labels.sum())

    @property
    def normal(self) -> int:
        """The number of films labelled normal."""
        return len(self) - self.pneumonia

    @property
    def one_class(self) -> str | None:
        """A sentence if all films have the same label, else None."""
        if self.pneumonia and self.normal:
            return None
        found, missing = ("pneumonia", "normal") if self.pneumonia else ("normal", "pneumonia")
        return f"All films are labelled {found} and none {missing}; both classes are needed."

    def called(self, threshold: float) -> np.ndarray:
        """Which films are called pneumonia, `bool (N,)`: those with score >= threshold."""
        return self.scores >= threshold

    def subset(self, chosen: np.ndarray) -> "Scores":
        """The films where `chosen`, `bool (N,)`, is true. Raises DataSetError if none is."""
        files = None if self.files is None else self.files[chosen]
        return Scores(self.labels[chosen], self.scores[chosen], self.patients[chosen], files)


def read_scores_csv(path: Path) -> Scores:
    """Read `file,label,score[,patient]`, one row a film, up to MAX_FILMS rows.

    label: NORMAL, PNEUMONIA, 0 or 1. Without the column patient each film is its own patient.
    Raises DataSetError with the reason, and the row where one is at fault (the first film is row 1).
    """
    import pandas as pd  # a second to import; reading a film needs none of it

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=MAX_FILMS + 1, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataSetError(
            f"{path}: not a readable table ({error}); a CSV with file,label,score[,patient] is accepted."
        ) from error
    table.columns = table.columns.str.strip().str.lower()
    missing = [name for name in ("file", "label", "score") if name not in table.columns]
    if missing:
        raise DataSetError(
            f"{path}: has the columns {', '.join(table.columns)} and no {missing[0]}; "
            "file, label, score and, if known, patient are accepted."
        )
    if len(table) > MAX_FILMS:
        raise DataSetError(f"{path}: has more than {MAX_FILMS:,} rows; up to that many films are accepted.")
    labels = table["label"].str.strip().str.upper().map(LABELS)
    _refuse_row(path, table["label"], labels.isna(), "label", "NORMAL, PNEUMONIA, 0 or 1 is")
    scores = pd.to_numeric(table["score"], errors="coerce")
    _refuse_row(path, table["score"], ~scores.between(0, 1), "score", "a probability from 0 to 1 is")
    patients = table.get("patient", table["file"])
    _refuse_row(path, patients, patients.str.strip() == "", "patient" if "patient" in table else "file", "a name is")
    _refuse_row(path, table["file"], table["file"].duplicated(), "file", "each file once is")
    if table.empty:
        raise DataSetError(f"{path}: has no row; at least one film is needed.")
    return Scores(labels.to_numpy(), scores.to_numpy(), patients.to_numpy(), table["file"].to_numpy())


def write_scores_csv(scores: Scores, path: Path) -> None:
    """Write `file,label,score,patient`; films without a file name are numbered from 1."""
    files = np.arange(1, len(scores) + 1).astype(str) if scores.files is None else scores.files
    names = np.where(scores.labels == 1, PNEUMONIA, NORMAL)
    import pandas as pd

    table = pd.DataFrame({"file": files, "label": names, "score": scores.scores, "patient": scores.patients})
    table.to_csv(path, index=False)


def _refuse_row(path: Path, given: "pd.Series", strange: "pd.Series", column: str, accepted: str) -> None:
    if strange.any():
        row = int(strange.to_numpy().argmax())
        raise DataSetError(f"{path}: row {row + 1} has the {column} {given.iloc[row]!r}; {accepted} accepted.")
