"""What a model is worth at each source (hospital), the worst first, and its false alarms on films of neither class."""

from typing import Any

import numpy as np
import pandas as pd

from cxr_core.evaluation.answers import answer_estimates
from cxr_core.labels import CLASSES, OTHER, PNEUMONIA
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import mean


def of_both_classes(films: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Films, or rows about them, labelled normal or pneumonia; and those of neither class."""
    other = films["label"] == OTHER
    return films[~other], films[other]


def source_figures(table: pd.DataFrame, threshold: float) -> list[dict[str, Any]]:
    """One entry a source, JSON-ready, the lowest AUROC first and sources without one last.

    table: one row a film with `label` (OTHER among them), `score`, `patient`, `file` and `source`, and `verdict` if
    known. Each entry: `source`, `films`, `patients`, `pneumonia`, `figures` and `clustered` (see
    `metrics.classification`), `answers` (see `evaluation.answers`), and `other`, see `false_alarms`.
    """
    found = []
    for source, rows in table.groupby("source", sort=True):
        both, other = of_both_classes(rows)
        entry: dict[str, Any] = {"source": str(source), "films": len(both), "patients": int(both["patient"].nunique())}
        if len(both):
            told = evaluate(_scores(both), threshold).to_dict()
            entry |= {"pneumonia": told["pneumonia"], "figures": told["figures"], "clustered": told["clustered"]}
            entry |= {"answers": answer_estimates(both).to_dict()} if "verdict" in both else {}
        if len(other):
            entry["other"] = false_alarms(other, threshold)
        found.append(entry)
    return sorted(found, key=_auroc)


def by_source(table: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """`by_source`, the source estimates, where there are several sources or films of neither class; else empty."""
    if table["source"].nunique() < 2 and (table["label"] != OTHER).all():
        return {}
    return {"by_source": source_figures(table, threshold)}


def false_alarms(other: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Films of neither class, their patients, and the share called pneumonia with its patient-clustered interval.

    Where verdicts are known, also `answered`: the share that gets the answer pneumonia, uncertain films left out of it.
    """
    called = (other["score"].to_numpy(float) >= threshold).astype(float)
    shares = {"share": mean(called)}
    if "verdict" in other:
        shares["answered"] = mean((other["verdict"] == "pneumonia").to_numpy(float))
    # The labels have no meaning here: the bootstrap only draws patients.
    rows = Scores(np.zeros(len(other), int), other["score"].to_numpy(), other["patient"].to_numpy())
    return {
        "films": len(other),
        "patients": int(other["patient"].nunique()),
        "called_pneumonia": int(called.sum()),
        **{name: share.to_dict() for name, share in clustered_bootstrap(rows, shares).items()},
    }


def _auroc(entry: dict[str, Any]) -> float:
    value = entry.get("figures", {}).get("auroc", {}).get("value")
    return np.inf if value is None else float(value)


def _scores(rows: pd.DataFrame) -> Scores:
    assert set(rows["label"]) <= set(CLASSES)
    labels = (rows["label"] == PNEUMONIA).to_numpy(int)
    return Scores(labels, rows["score"].to_numpy(), rows["patient"].to_numpy(), rows["file"].to_numpy())
