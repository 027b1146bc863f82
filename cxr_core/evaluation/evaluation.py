"""The result of an evaluation: a system's scores of labelled films and the estimates, with the names of splits."""

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import pandas as pd

from cxr_core.evaluation.record import EvaluationRecord
from cxr_core.labels import PNEUMONIA, SPLITS
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.metrics.scores import Scores

HELD_OUT = "held-out patients"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A system's scores of labelled films, and their estimates.

    record: the contents of `metrics.json`. films: one row per film with file, label, score, patient and, where known,
    kind, logit, called, verdict, sha256, width, height, format, contrast, age, sex, view, manufacturer.
    """

    record: EvaluationRecord
    films: pd.DataFrame

    @cached_property
    def scores(self) -> Scores:
        """Labels, scores, patients and file names."""
        return scores_of(self.films)

    @property
    def metrics(self) -> Metrics:
        """The estimates at its threshold."""
        return self.record.metrics

    def with_sections(self, **sections: Any) -> Self:
        """The same with other sections of its record. Raises ValueError for a section that is none."""
        return replace(self, record=self.record.changed(**sections))

    @property
    def name(self) -> str:
        """The system's name."""
        return self.record.name

    @property
    def version(self) -> str:
        """The system's version."""
        return self.record.version

    @property
    def split(self) -> str:
        """The split as the user chose it."""
        return self.record.split

    @property
    def threshold(self) -> float:
        """The threshold of the estimates."""
        return self.metrics.threshold

    @property
    def id(self) -> str:
        """The name of its files."""
        return evaluation_id(self.split, self.record.films_fingerprint, self.version)

    @property
    def title(self) -> str:
        """One line that distinguishes it from other evaluations."""
        return f"{self.name} on {self.record.data}, {split_label(self.split)}, {len(self.films):,} films"


def scores_of(films: pd.DataFrame) -> Scores:
    """Labels, scores, patients and file names of a table with the columns label, score, patient and file."""
    labels = (films["label"] == PNEUMONIA).to_numpy(int)
    return Scores(labels, films["score"].to_numpy(), films["patient"].to_numpy(), films["file"].to_numpy())


def is_test_split(split: str) -> bool:
    """Whether a split is a test split: every access is logged, and nothing is tuned on it."""
    return split in ("test", HELD_OUT) or split.endswith(":test")


def is_validation_split(split: str) -> bool:
    """Whether a split is a validation split: thresholds are chosen on it."""
    return split == "val" or split.endswith(":val")


def split_label(split: str) -> str:
    """A split as pages and reports name it."""
    table, colon, part = split.rpartition(":")
    names = {"train": "training", "val": "validation", "test": "test", "all": "all films"}
    if colon:
        return f"{names.get(part, part)} part of {table}"
    return f"{names[split]} split" if split in SPLITS else names.get(split, split)


def films_fingerprint(names: pd.Series) -> str:
    """sha256 over the name of each film (its content where known): independent of the order and of the folder."""
    return hashlib.sha256("\n".join(sorted(names.astype(str))).encode()).hexdigest()


def evaluation_id(split: str, fingerprint: str, version: str) -> str:
    """A file name for an evaluation, from the split, the films and the system."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', split).strip('-')[-40:]}-{fingerprint[:10]}-{version[:8]}"
