"""Results of the same network under a split by patient, to compare with a split by image, which is optimistic."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxr_core.errors import DamagedRecord
from cxr_core.files import sha256_of
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import auroc
from cxr_core.models.registry import Model, list_models
from cxr_core.records import damaged, read_table
from cxr_core.training.runs import Run, list_runs


@dataclass(frozen=True)
class PatientSplitResult:
    """The AUROC of a run that was split by patient. measured_on: the films, in words."""

    run: str
    measured_on: str
    auroc: Estimate


def patient_split_results(model: Model) -> list[PatientSplitResult]:
    """Results of the runs on this machine of the model's network that were split by patient.

    The same network: the same settings except for the seed.
    """
    network = _network(model.card.training.settings)
    found = []
    for run in list_runs():
        with suppress(DamagedRecord):
            if result := _result(run, network):
                found.append(result)
    return found


def _result(run: Run, network: str) -> PatientSplitResult | None:
    """The run's result on its published model's card, or else on its validation films; None for any other run."""
    split, validation = run.folder / "split.csv", run.folder / "validation.csv"
    if not (split.is_file() and validation.is_file()) or _network(run.config().settings) != network:
        return None
    table = read_table(split, ("patient", "split"), "a split table")
    shared = table.loc[table["split"] != "train", "patient"].isin(table.loc[table["split"] == "train", "patient"])
    if shared.any():
        return None
    for model in list_models():
        if model.card.training.split_sha256 == sha256_of(split) and _network(model.card.training.settings) == network:
            stored = model.card.estimates
            return PatientSplitResult(run.id, stored.measured_on, stored.values["auroc"])
    rows = read_table(validation, ("label", "patient", "logit"), "the scores of the validation films")
    rows["logit"] = pd.to_numeric(rows["logit"], errors="coerce")
    if rows["logit"].isna().any() or rows["label"].nunique() < 2:
        raise damaged(validation, "the scores of the validation films", "a logit or a class is missing")
    labels = (rows["label"] == PNEUMONIA).to_numpy(int)
    # The AUROC depends on the order only, so the ranks of the logits replace probabilities.
    ranks = rows["logit"].rank(pct=True).to_numpy()
    scores = Scores(labels, ranks, rows["patient"].to_numpy())
    estimate = clustered_bootstrap(scores, {"auroc": auroc(scores)})["auroc"]
    return PatientSplitResult(run.id, f"{len(rows)} films of its validation patients", estimate)


def _network(settings: Mapping[str, Any]) -> str:
    """The settings that define a network: all except the seed."""
    return json.dumps({key: value for key, value in settings.items() if key != "seed"}, sort_keys=True)
