"""A run becomes a model: calibrated on validation patients, measured on held-out ones, refused where it must be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.errors import InputError, NotFound, SettingsError, WorkError
from cxr_core.evaluation.test_log import openings
from cxr_core.inference.predictor import Predictor
from cxr_core.metrics.calibration import fit_platt
from cxr_core.models.registry import Model, find_model, list_models, sha256_of
from cxr_core.publishing.publish import publish
from cxr_core.training.runs import Run, list_runs


@pytest.fixture
def run(tiny_home: Path) -> Run:
    return list_runs()[0]


@pytest.fixture
def tiny(tiny_home: Path) -> Model:
    return find_model("tiny")


def test_the_card_says_what_the_contract_asks_for(tiny: Model) -> None:
    card = json.loads((tiny.folder / "card.json").read_text())
    asked = {"input", "classes", "calibration", "operating_points", "training", "figures", "intended_use", "not_for"}
    assert asked | {"limits", "licence", "sha256", "conformal"} <= set(card)
    assert card["sha256"] == sha256_of(tiny.weights)
    assert card["heatmap"]["sha256"] == sha256_of(tiny.local_evidence)
    assert card["input"]["preprocessing"]["size"] == 32
    assert set(card["operating_points"]) == {"rule_out", "balanced", "rule_in"}


def test_it_is_calibrated_on_what_it_answers_for_the_runs_validation_patients(tiny: Model, run: Run) -> None:
    table = pd.read_csv(run.folder / "validation.csv")
    labels = (table["label"] == "PNEUMONIA").to_numpy(int)
    first = fit_platt(table["logit"].to_numpy(), labels)
    assert (tiny.card["second_look"]["slope"], tiny.card["second_look"]["intercept"]) == (first.slope, first.intercept)
    index, reader = build_index(run.config()["data"]), Predictor(tiny)
    films = index.films.set_index("path", drop=False).loc[table["path"]]
    inputs = np.array(cached_inputs(index.root, films, reader.preprocessing))
    as_they_are = reader.probabilities(table["logit"].to_numpy())
    assert reader.answers_and_views(inputs)[1][0] == pytest.approx(as_they_are, abs=1e-5)  # the training's own scores
    again = fit_platt(reader.logits(inputs), labels)
    fitted = tiny.card["calibration"]["parameters"]
    assert (again.slope, again.intercept) == pytest.approx((fitted["slope"], fitted["intercept"]), rel=1e-3)


def test_its_figures_are_those_of_patients_never_used(tiny: Model, run: Run, tiny_home: Path) -> None:
    split = pd.read_csv(run.folder / "split.csv")
    held_out = set(split.loc[split["split"] == "test", "patient"])
    assert held_out
    assert not held_out & set(split.loc[split["split"] != "test", "patient"])
    kept = json.loads((tiny.folder / "evaluations" / "held-out.json").read_text())
    assert kept["films"] == (split["split"] == "test").sum()
    assert tiny.card["figures"]["values"]["auroc"] == kept["clustered"]["auroc"]
    assert f"{kept['films']} films" in tiny.card["figures"]["measured_on"]
    opened = openings(tiny_home, tiny.card["sha256"])
    assert len(opened) == 1


def test_the_card_says_where_every_film_went_and_where_figures_hold_less(tiny: Model) -> None:
    flow = {step["what"]: step["films"] for step in tiny.card["training"]["data_flow"]}
    split = tiny.card["training"]["split"]
    assert flow["to train on"] == split["train"]["films"]
    assert flow["held out for the figures"] == split["test"]["films"]
    assert flow["in the data set"] == sum(films for what, films in flow.items() if what != "in the data set")
    assert {row["Group"] for row in tiny.card["figures"]["subgroups"]} >= {"Viral pneumonia against normal"}
    assert "opened once" in tiny.card["figures"]["openings"]


def test_no_path_of_this_machine_is_in_the_card(tiny: Model, tiny_home: Path) -> None:
    assert str(tiny_home.parent) not in (tiny.folder / "card.json").read_text()


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "x" * 65])
def test_a_bad_name_is_refused(run: Run, name: str) -> None:
    with pytest.raises(SettingsError, match="letters, digits"):
        publish(run, name)


def test_a_taken_name_is_refused(run: Run) -> None:
    with pytest.raises(SettingsError, match="taken"):
        publish(run, "tiny")


def test_a_run_without_weights_is_refused(run: Run) -> None:
    (run.folder / "validation.csv").unlink()
    with pytest.raises(WorkError, match="epoch"):
        publish(run, "another")


@pytest.mark.parametrize(("part", "named"), [("test", "held-out films"), ("val", "validation films")])
def test_changed_films_are_refused_and_nothing_is_left(part: str, named: str, run: Run, tiny_home: Path) -> None:
    config = json.loads((run.folder / "config.json").read_text())
    split = pd.read_csv(run.folder / "split.csv")
    film = split.loc[split["split"] == part, "path"].iloc[0]
    data = tiny_home / "made" / "chest_xray"
    (run.folder / "config.json").write_text(json.dumps(config | {"data": str(data)}))
    (data / film).write_bytes((data / split.loc[split["split"] == "train", "path"].iloc[0]).read_bytes())
    with pytest.raises(InputError, match=named):
        publish(run, "another")
    assert [folder.name for folder in (tiny_home / "models").iterdir()] == ["tiny"]


@pytest.mark.parametrize("name", ["model.keras", "local_evidence.npz"])
def test_a_model_whose_file_changed_is_refused(tiny: Model, name: str) -> None:
    file = tiny.folder / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(WorkError, match=f"{name} has sha256"):
        tiny.check()


def test_a_broken_card_hides_one_model_only(tiny: Model) -> None:
    (tiny.folder / "card.json").write_text("{")
    assert "tiny" not in [model.name for model in list_models()]
    with pytest.raises(NotFound, match="tiny"):
        find_model("tiny")


def test_the_released_model_is_whole_and_the_default() -> None:
    released = find_model()
    released.check()
    assert released.released
    assert released.weights.stat().st_size < 25_000_000
    assert released.card["figures"]["values"]["auroc"]["value"] >= 0.985
    assert np.isfinite(released.card["figures"]["values"]["auroc"]["low"])
