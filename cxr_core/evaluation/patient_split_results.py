"""A split by image flatters: what the same network gets when its patients are kept apart."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxr_core.datasets.quality.leakage import leak
from cxr_core.evaluation.train_test_overlap import split_table
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import auroc
from cxr_core.models.registry import Model, list_models, sha256_of
from cxr_core.training.runs import Run, list_runs

DRAWS = 1000


@dataclass(frozen=True)
class ByPatient:
    """The AUROC of the same network under a split by patient; where: on which films."""

    run: str
    where: str
    auroc: Estimate


def leaked_share(model: Model) -> float | None:
    """The share of the model's own test films that have a sibling in its training; None if its split is not here."""
    table = split_table(model)
    if table is None or "patient" not in table or not (table["split"] == "test").any():
        return None
    return leak(table["patient"], table["split"])


def by_patient(model: Model) -> list[ByPatient]:
    """Figures of runs of the same network (the same settings but the seed) on this machine that kept patients apart."""
    wanted = _network(model.card.get("training", {}).get("settings"))
    return [found for run in list_runs() if (found := _figure(run, wanted))]


def _figure(run: Run, wanted: Any) -> ByPatient | None:
    split, validation = run.folder / "split.csv", run.folder / "validation.csv"
    if not (split.exists() and validation.exists()) or _network(run.config().get("settings")) != wanted:
        return None
    table = pd.read_csv(split, dtype=str, keep_default_na=False)
    parted = table.loc[table["split"] != "train", "patient"].isin(table.loc[table["split"] == "train", "patient"])
    if parted.any():
        return None
    for model in list_models():
        if (
            model.card.get("training", {}).get("split_sha256") == sha256_of(split)
            and _network(model.card["training"].get("settings")) == wanted
        ):
            figures = model.card["figures"]
            return ByPatient(run.id, figures["measured_on"], Estimate(**figures["values"]["auroc"]))
    rows = pd.read_csv(validation, dtype={"patient": str})
    labels = (rows["label"] == PNEUMONIA).to_numpy(int)
    # The AUROC asks for order only, so the logits stand in for probabilities.
    ranks = rows["logit"].rank(pct=True).to_numpy()
    scores = Scores(labels, ranks, rows["patient"].to_numpy())
    figure = clustered_bootstrap(scores, {"auroc": auroc(scores)}, DRAWS)["auroc"]
    return ByPatient(run.id, f"{len(rows)} films of its validation patients", figure)


def _network(settings: dict[str, Any] | None) -> str:
    """The settings that make a network what it is: all but the seed."""
    return json.dumps({key: value for key, value in (settings or {}).items() if key != "seed"}, sort_keys=True)
