"""The input of every metric: one label, one score and one patient for each film."""

from dataclasses import dataclass

import numpy as np

from cxr_core.errors import DataSetError


@dataclass(frozen=True, eq=False)
class Scores:
    """Labels and calibrated probabilities of N films, N >= 1. The arrays are copies and read-only.

    labels: `int64 (N,)`, 1 = pneumonia, 0 = normal.
    scores: `float64 (N,)` in [0, 1], the probability of pneumonia.
    patients: `str (N,)`, the patient of each film: films of one patient are not independent.
    files: `str (N,)`, the name of each film, each once; or None.
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
            raise DataSetError(
                f"the shapes are {given}", thing="scores", accepted="one value of each for every film is accepted"
            )
        if not len(arrays["labels"]):
            raise DataSetError("there is no film", thing="scores", accepted="at least one is needed")
        invalid = ~np.isin(arrays["labels"], (0, 1))
        if invalid.any():
            raise DataSetError(
                f"a label is {arrays['labels'][invalid][0]}",
                thing="scores",
                accepted="0 (normal) and 1 (pneumonia) are accepted",
            )
        try:
            scores = arrays["scores"].astype(np.float64)
        except (TypeError, ValueError):
            raise DataSetError(
                "not all are numbers", thing="scores", accepted="probabilities from 0 to 1 are accepted"
            ) from None
        invalid = ~((scores >= 0) & (scores <= 1))
        if invalid.any():
            raise DataSetError(
                f"a score is {scores[invalid][0]:g}", thing="scores", accepted="probabilities from 0 to 1 are accepted"
            )
        if "files" in arrays:
            names, counts = np.unique(arrays["files"].astype(str), return_counts=True)
            if counts.max() > 1:
                raise DataSetError(
                    f"{names[counts.argmax()]} occurs {counts.max()} times", thing="scores", accepted="once is accepted"
                )
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
    def one_class_reason(self) -> str | None:
        """The reason, in a sentence, why one class is missing; None where both are present."""
        if self.pneumonia and self.normal:
            return None
        present, absent = ("pneumonia", "normal") if self.pneumonia else ("normal", "pneumonia")
        return f"All films are labelled {present} and none {absent}; both classes are needed."

    def called(self, threshold: float) -> np.ndarray:
        """Which films are called pneumonia, `bool (N,)`: those with score >= threshold."""
        return self.scores >= threshold

    def subset(self, chosen: np.ndarray) -> "Scores":
        """The films where `chosen`, `bool (N,)`, is true. Raises DataSetError if none is."""
        files = None if self.files is None else self.files[chosen]
        return Scores(self.labels[chosen], self.scores[chosen], self.patients[chosen], files)
