"""Figures for parts of the films, each part with its own warning if it is small."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.errors import DataSetError
from cxr_core.metrics.classification import Metrics, evaluate
from cxr_core.metrics.scores import Scores

# Validation studies want 100 films of each class: Vergouwe et al., J Clin Epidemiol 2005; 58:475-483.
WANTED_OF_EACH_CLASS = 100


@dataclass(frozen=True)
class Subgroup:
    """Figures of one part of the films, or None if no film is in it; `note` says if it is small or lacks a class."""

    name: str
    metrics: Metrics | None
    note: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        metrics = None if self.metrics is None else self.metrics.to_dict()
        return {"name": self.name, "metrics": metrics, "note": self.note}


def evaluate_subgroups(
    scores: Scores, subgroups: Mapping[str, np.ndarray], threshold: float, draws: int = 2000, seed: int = 0
) -> list[Subgroup]:
    """`evaluate` for each subgroup, in the order given.

    subgroups: name to `bool (N,)`, which films are in it; they may overlap. Raises DataSetError for another shape.
    """
    found = []
    for name, chosen in subgroups.items():
        members = np.asarray(chosen)
        if members.shape != (len(scores),) or members.dtype != bool:
            raise DataSetError(
                f"subgroup {name}: {members.dtype} {members.shape} was given; bool ({len(scores)},) is accepted."
            )
        part = scores.subset(members) if members.any() else None
        metrics = None if part is None else evaluate(part, threshold, draws, seed)
        found.append(Subgroup(name, metrics, _note(part)))
    return found


def kinds_against_normal(scores: Scores, kinds: np.ndarray) -> dict[str, np.ndarray]:
    """The films of each kind of pneumonia, each with all normal films: `{"bacterial": bool (N,), ...}`, sorted by name.

    kinds: `str (N,)`, the kind of each film, as `kind` in the index; that of normal films is not looked at.
    """
    kinds, normal = np.asarray(kinds).astype(str), scores.labels == 0
    return {str(kind): normal | (kinds == kind) for kind in np.unique(kinds[~normal])}


def _note(part: Scores | None) -> str | None:
    if part is None:
        return "No film is in this group."
    if part.one_class:
        return part.one_class
    if min(part.pneumonia, part.normal) < WANTED_OF_EACH_CLASS:
        return (
            f"Small group: {part.pneumonia} films with pneumonia and {part.normal} normal, where "
            f"{WANTED_OF_EACH_CLASS} of each are wanted; read its intervals, not its values."
        )
    return None
