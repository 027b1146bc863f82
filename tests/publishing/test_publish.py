"""Publishing a run: calibrated on validation patients, tested on held-out ones, refused where it must be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.errors import InputError, SettingsError, WorkError
from cxr_core.evaluation.test_log import read_test_accesses
from cxr_core.files import sha256_of
from cxr_core.inference.augmented_views import MIN_SPREAD_LIMIT
from cxr_core.inference.predictor import Predictor
from cxr_core.metrics.calibration import fit_platt
from cxr_core.models.registry import Model, find_model
from cxr_core.publishing.publish import describe_answers, publish
from cxr_core.training.runs import Run, list_runs


@pytest.fixture
def run(tiny_home: Path) -> Run:
    return list_runs()[0]


@pytest.fixture
def tiny(tiny_home: Path) -> Model:
    return find_model("tiny")


def test_the_card_has_all_entries(tiny: Model) -> None:
    card = json.loads((tiny.folder / "card.json").read_text())
    required = {"input", "classes", "calibration", "operating_points", "training", "figures", "intended_use", "not_for"}
    assert required | {"limits", "licence", "sha256", "conformal"} <= set(card)
    assert card["sha256"] == sha256_of(tiny.weights)
    assert (card["heatmap"]["layer"], card["heatmap"]["places"]) == ("logit", [8, 8])
    assert len(card["heatmap"]["randomised"]["rank_correlations"]) == 12
    assert card["heatmap"]["shown"] == (abs(card["heatmap"]["randomised"]["mean"]) < 0.2)
    assert card["input"]["preprocessing"]["size"] == 32
    assert "balanced" in card["operating_points"]  # others only if they change an answer
    assert card["prevalence"] == 0.2


def test_calibration_is_fitted_to_the_final_logits_of_the_validation_patients(tiny: Model, run: Run) -> None:
    table = pd.read_csv(run.folder / "validation.csv")
    labels = (table["label"] == "PNEUMONIA").to_numpy(int)
    first = fit_platt(table["logit"].to_numpy(), labels)
    rule = tiny.card.augmentation
    assert rule
    assert (rule.slope, rule.intercept) == (first.slope, first.intercept)
    index, predictor = build_index(run.config().data), Predictor(tiny)
    films = index.films.set_index("path", drop=False).loc[table["path"]]
    inputs = np.array(cached_inputs(index.root, films, predictor.preprocessing))
    unaugmented = predictor.probabilities(table["logit"].to_numpy())
    assert predictor.probabilities_by_view(inputs)[1][0] == pytest.approx(unaugmented, abs=1e-5)  # as in training
    refitted = fit_platt(predictor.logits(inputs), labels)
    fitted = tiny.card.slope, tiny.card.intercept
    assert (refitted.slope, refitted.intercept) == pytest.approx(fitted, rel=1e-3)


def test_estimates_are_computed_on_held_out_patients(tiny: Model, run: Run, tiny_home: Path) -> None:
    split = pd.read_csv(run.folder / "split.csv")
    held_out = set(split.loc[split["split"] == "test", "patient"])
    assert held_out
    assert not held_out & set(split.loc[split["split"] != "test", "patient"])
    stored = json.loads((tiny.folder / "evaluations" / "held-out.json").read_text())
    assert stored["films"] == (split["split"] == "test").sum()
    assert tiny.card.estimates.values["auroc"].to_dict() == stored["clustered"]["auroc"]
    assert f"{stored['films']} films" in tiny.card.estimates.measured_on
    accesses = read_test_accesses(tiny_home, tiny.card.sha256)
    assert len(accesses) == 1


def test_the_card_has_the_data_flow_subgroups_and_test_set_access(tiny: Model) -> None:
    flow = {step.what: step.films for step in tiny.card.training.data_flow}
    split = tiny.card.training.split
    assert flow["training"] == split["train"].films
    assert flow["held out for the estimates"] == split["test"].films
    assert flow["in the data set"] == sum(films for what, films in flow.items() if what != "in the data set")
    assert {row["Group"] for row in tiny.card.estimates.subgroups} >= {"Viral pneumonia against normal"}
    assert "accessed once" in tiny.card.estimates.accesses


def test_the_card_contains_no_path_of_this_machine(tiny: Model, tiny_home: Path) -> None:
    assert str(tiny_home.parent) not in (tiny.folder / "card.json").read_text()


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "x" * 65])
def test_an_invalid_name_is_refused(run: Run, name: str) -> None:
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
    assert [file.name for file in (tiny_home / "models").iterdir() if file.suffix != ".lock"] == ["tiny"]


def test_stability_and_frequencies_are_measured_on_all_films(tiny: Model, tiny_home: Path) -> None:
    index = build_index(tiny_home / "made" / "chest_xray")
    entries = describe_answers(Predictor(tiny), index, index.films)
    assert entries["stability"]["max_spread"] >= MIN_SPREAD_LIMIT
    assert sum(row["films"] for row in entries["frequencies"]) == len(index.films)
