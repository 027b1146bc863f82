"""Estimates by source and subgroup are computed again from stored scores, without access to a film."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.evaluation.groups import group_table
from cxr_core.evaluation.sources import source_figures
from cxr_core.evaluation.store import read_evaluation
from cxr_core.models.registry import Model, find_model
from tools.recompute_estimates import recompute


@pytest.fixture
def model(cxr_home: Path) -> Model:
    """A copy of the released model, whose card has estimates of two sources."""
    released = find_model()
    if len(released.card.estimates.by_source) < 2:
        pytest.skip("the released model has estimates of one source only")
    folder = cxr_home / "models" / "copy"
    shutil.copytree(released.folder, folder)
    return replace(released, folder=folder)


def test_intervals_are_those_of_today_and_all_else_stays(model: Model, cxr_home: Path) -> None:
    figures = model.card.to_dict()["figures"]
    before = {entry["source"]: entry for entry in figures["by_source"]}
    file = model.folder / "evaluations" / "held-out.json"
    evaluation = read_evaluation(file)
    today = {entry["source"]: entry for entry in source_figures(evaluation.films, evaluation.threshold)}
    fresh = recompute(model)
    entries = fresh["by_source"]
    assert fresh["subgroups"] == group_table(evaluation)[0].to_dict("records")
    assert [entry["source"] for entry in entries] == [entry["source"] for entry in figures["by_source"]]
    for entry in entries:
        assert entry["clustered"] == today[entry["source"]]["clustered"]
        assert entry.get("other") == before[entry["source"]].get("other")
    assert read_evaluation(file).record.by_source == tuple(entries)
    assert not (cxr_home / "test_ledger.jsonl").exists()


def test_scores_that_give_other_values_change_nothing(model: Model) -> None:
    figures = model.card.to_dict()["figures"]
    figures["by_source"][0]["figures"]["auroc"]["value"] = 0.5
    changed, card = model.described(figures=figures), (model.folder / "card.json").read_bytes()
    with pytest.raises(WorkError, match="other values"):
        recompute(changed)
    assert (model.folder / "card.json").read_bytes() == card
