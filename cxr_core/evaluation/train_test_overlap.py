"""What a model has seen of the films it is judged on: trained on, chosen on, or siblings of such."""

from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.models.registry import Model, sha256_of
from cxr_core.training.runs import Run, list_runs


def seen_in_training(model: Model, index: Index, films: pd.DataFrame) -> dict[str, Any]:
    """How many of `films` the model was trained on, validated on, or knows a sibling of; and a sentence.

    Keys: `known` (whether the model's split is on this machine), `trained_on`, `validated_on`, `siblings` (films not
    trained on, of patients that were), `warning` (a sentence, or None where all is well).
    """
    table = split_table(model)
    same_data = model.card.get("training", {}).get("fingerprint") == index.fingerprint
    if table is None:
        warning = None
        if same_data:
            warning = (
                "This model was trained on films of this data set, and the table that says on which is not on this "
                "machine: if these are among them, the figures flatter."
            )
        return {"known": False, "trained_on": 0, "validated_on": 0, "siblings": 0, "warning": warning}
    part = films["sha256"].map(dict(zip(table["sha256"], table["split"], strict=True))).fillna("")
    trained, validated = int((part == "train").sum()), int((part == "val").sum())
    siblings = 0
    if same_data:  # patients' names can be compared within a data set only
        known = set(table.loc[table["split"] == "train", "patient"])
        siblings = int((films["patient"].isin(known) & (part != "train")).sum())
    warning = _warning(len(films), trained, validated, siblings)
    return {"known": True, "trained_on": trained, "validated_on": validated, "siblings": siblings, "warning": warning}


def split_table(model: Model) -> pd.DataFrame | None:
    """Which film the model was trained, validated and tested on, or None if that is not on this machine."""
    for file in (model.folder / "split.csv", *(run.folder / "split.csv" for run in runs_of(model))):
        if file.exists():
            return pd.read_csv(file, dtype=str, keep_default_na=False)
    return None


def runs_of(model: Model) -> list[Run]:
    """The runs on this machine that were dealt the model's split by the model's settings; its own is among them."""
    training = model.card.get("training", {})
    wanted = training.get("split_sha256")
    return [
        run
        for run in list_runs()
        if (file := run.folder / "split.csv").exists()
        and sha256_of(file) == wanted
        and run.config().get("settings") == training.get("settings")
    ]


def held_out_split(model: Model) -> str | None:
    """The split that names the model's own held-out patients, "FILE.csv:test", if its table is on this machine."""
    for file in (model.folder / "split.csv", *(run.folder / "split.csv" for run in runs_of(model))):
        if file.exists() and (pd.read_csv(file, usecols=["split"])["split"] == "test").any():
            return f"{Path(file)}:test"
    return None


def _warning(films: int, trained: int, validated: int, siblings: int) -> str | None:
    told = []
    if trained:
        told.append(f"{trained:,} of these {films:,} films were trained on")
    if siblings:
        told.append(f"{siblings:,} show a patient that was trained on")
    if validated:
        told.append(f"{validated:,} chose its best epoch, calibration and thresholds")
    return f"{', '.join(told).capitalize()}: the figures flatter." if told else None
