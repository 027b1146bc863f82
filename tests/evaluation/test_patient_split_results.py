"""A split by image leads to a warning, with results of the same network under a split by patient."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.patient_split_results import patient_split_results
from cxr_core.evaluation.train_test_overlap import leaked_share
from cxr_core.models.registry import Model, find_model
from cxr_core.paths import home, runs_folder
from cxr_core.reports.evaluation.build import split_warnings

SETTINGS = {"architecture": "residual", "epochs": 3, "seed": 0}


def write_run(name: str, by_image: bool, settings: dict | None = None) -> Path:
    """A finished run: 40 patients of two films each, split by image or by patient."""
    folder = runs_folder() / name
    folder.mkdir()
    patients = np.repeat(np.arange(40), 2)
    split = np.where(np.arange(80) % 2 == 0, "train", "test") if by_image else np.where(patients < 20, "train", "val")
    rows = pd.DataFrame({"path": [f"{i}.jpeg" for i in range(80)], "patient": patients.astype(str), "split": split})
    rows.assign(sha256=rows["path"]).to_csv(folder / "split.csv", index=False)
    rng = np.random.default_rng(0)
    label = np.where(patients % 2, "PNEUMONIA", "NORMAL")
    logit = rng.normal(size=80) + (patients % 2)
    rows.assign(label=label, logit=logit)[["path", "label", "patient", "logit"]].to_csv(
        folder / "validation.csv", index=False
    )
    config = {"created": "", "data": "made", "recipe": "residual-128", "settings": settings or SETTINGS}
    state = {"status": "finished", "message": "", "epoch": 3, "epochs": 3, "pid": 1, "pid_started": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "state.json").write_text(json.dumps(state))
    return folder


@pytest.fixture
def leaky() -> Model:
    """A model of a run that was split by image."""
    folder = home() / "models" / "leaky"
    folder.mkdir(parents=True)
    (folder / "split.csv").write_bytes((write_run("by-image", by_image=True) / "split.csv").read_bytes())
    return Model(folder, find_model().card.changed(training={"settings": SETTINGS, "split_sha256": "0" * 64}))


def test_a_leak_leads_to_a_warning(leaky: Model) -> None:
    assert leaked_share(leaky) == 1.0
    assert "no run of the same network" in split_warnings(leaky)[1]


def test_the_warning_has_the_result_of_the_same_network_by_patient(leaky: Model) -> None:
    write_run("by-patient", by_image=False, settings=SETTINGS | {"seed": 7})
    write_run("another-network", by_image=False, settings=SETTINGS | {"epochs": 9})
    [result] = patient_split_results(leaky)
    assert result.run == "by-patient"
    assert result.auroc.low is not None
    assert result.auroc.value is not None
    warnings = " ".join(split_warnings(leaky))
    assert "100%" in warnings
    assert f"{result.auroc.value:.3f}" in warnings


def test_a_split_by_patient_has_no_warning(leaky: Model) -> None:
    (leaky.folder / "split.csv").write_bytes((write_run("by-patient", by_image=False) / "split.csv").read_bytes())
    assert split_warnings(leaky) == []
