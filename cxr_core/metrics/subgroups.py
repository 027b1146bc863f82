"""Estimates of subgroups of films, each with a note if it is small."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.errors import DataSetError
from cxr_core.metrics.bootstrap import DRAWS
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.metrics.scores import Scores

# A validation study should have 100 films of each class: Vergouwe et al., J Clin Epidemiol 2005; 58:475-483.
RECOMMENDED_PER_CLASS = 100


@dataclass(frozen=True)
class Subgroup:
    """Estimates of one subgroup, or None if it has no film; `note` says if it is small or lacks a class."""

    name: str
    metrics: Metrics | None
    note: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        metrics = None if self.metrics is None else self.metrics.to_dict()
        return {"name": self.name, "metrics": metrics, "note": self.note}


def evaluate_subgroups(
    scores: Scores, subgroups: Mapping[str, np.ndarray], threshold: float, draws: int = DRAWS, seed: int = 0
) -> list[Subgroup]:
    """`evaluate`, without the calibration, for each subgroup, in the order given.

    subgroups: name to `bool (N,)`, which films are in it; they may overlap. threshold: a film is called pneumonia when
    its score >= threshold. draws, seed: of the bootstrap. Raises DataSetError for an array of another shape or type.
    """
    results = []
    for name, chosen in subgroups.items():
        members = np.asarray(chosen)
        if members.shape != (len(scores),) or members.dtype != bool:
            raise DataSetError(
                f"{members.dtype} {members.shape} was given",
                thing=f"subgroup {name}",
                accepted=f"bool ({len(scores)},) is accepted",
            )
        part = scores.subset(members) if members.any() else None
        metrics = None if part is None else evaluate(part, threshold, draws, seed, calibration=False)
        results.append(Subgroup(name, metrics, _note(part)))
    return results


def kinds_against_normal(scores: Scores, kinds: np.ndarray) -> dict[str, np.ndarray]:
    """The films of each kind of pneumonia, each with all normal films: `{"bacterial": bool (N,), ...}`, sorted by name.

    kinds: `str (N,)`, the kind of each film, as `kind` in the index; that of normal films is ignored.
    """
    kinds, normal = np.asarray(kinds).astype(str), scores.labels == 0
    return {str(kind): normal | (kinds == kind) for kind in np.unique(kinds[~normal])}


def _note(part: Scores | None) -> str | None:
    if part is None:
        return "No film is in this group."
    if part.one_class_reason:
        return part.one_class_reason
    if min(part.pneumonia, part.normal) < RECOMMENDED_PER_CLASS:
        return (
            f"Small group: {part.pneumonia} films with pneumonia and {part.normal} normal, where "
            f"{RECOMMENDED_PER_CLASS} of each are recommended; read its intervals, not its values."
        )
    return None
