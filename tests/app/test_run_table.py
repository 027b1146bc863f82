"""The table of runs and the cost of a new one on the Train page, by AppTest."""

# ruff: noqa: F401, F811  fixtures of another module

import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.access import LOCAL, Account
from cxr_core.app.train import cost
from cxr_core.bin import set_owner
from cxr_core.training.cost.estimate import CostEstimate
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.run_actions import rename
from cxr_core.training.runs import Run, create_run, list_runs
from tests.app.test_train import SECONDS, broken, button, train_page
from tests.support.synthetic_chests import write_data_set
from tests.support.waiting import wait_until


def table_page(*chosen: int, who: Account = LOCAL) -> AppTest:
    app = train_page()
    app.session_state["account"] = who
    app.session_state["train_view"] = "All runs"
    app.run()
    key = f"run_table_{hash(tuple(run.id for run in list_runs()))}"
    app.session_state[key] = {"selection": {"rows": list(chosen), "columns": [], "cells": []}}
    return app.run()


def test_the_table_of_runs_searches_groups_tags_and_compares(broken: Run, tmp_path: Path) -> None:
    other = create_run(tmp_path, "residual-128", Recipe(epochs=9))
    other.update(status="stopped", pid=2**22 + 1)
    rename(other, "nine")
    app = table_page(*range(2))
    table = app.dataframe[0].value
    assert set(table["Run"]) == {broken.id, "nine"}
    assert sorted(table["epochs"]) == [5, 9]
    next(one for one in app.text_input if one.label == "Add tags, separated by commas").input("study, first")
    button(app, "Save").click().run()
    assert broken.notes().tags == other.notes().tags == ("first", "study")
    app = table_page(*range(2))
    button(app, "Compare").click().run()
    assert not app.exception
    assert app.session_state["train_view"] == "Compare"
    assert set(app.session_state["compare_runs"]) == {broken.id, "nine"}
    app = table_page()
    next(one for one in app.selectbox if one.label == "Group by").select("epochs").run()
    assert app.dataframe[0].value["Runs"].tolist() == [1, 1]
    next(one for one in app.text_input if one.label == "Search").input("NINE").run()
    assert app.dataframe[1].value["Run"].tolist() == ["nine"]
    next(one for one in app.text_input if one.label == "Search").input("no such").run()
    assert "No run is left by these filters." in [one.value for one in app.info]


def test_chosen_runs_go_to_the_bin_and_come_back(broken: Run) -> None:
    app = table_page(0)
    button(app, "Delete the chosen runs").click().run()
    assert not list_runs()
    create_run(Path("/films"), "residual-128", Recipe()).update(status="stopped", pid=2**22 + 1)
    app = table_page()
    button(app, "Bring back").click().run()
    assert broken.id in [run.id for run in list_runs()]
    assert len(broken.history()) == 3


def test_another_persons_runs_are_not_deleted_by_a_click_on_what_is_disabled(
    broken: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_owner(broken.folder, "a1")
    for who, left in ((Account("b2", "researcher"), 1), (Account("a1", "researcher"), 0)):
        monkeypatch.setattr("cxr_core.app.navigation.signed_in_account", lambda who=who: who)
        app = table_page(0, who=who)
        button(app, "Delete the chosen runs").click().run()
        assert len(list_runs()) == left
        assert any("only who started it" in one.value for one in app.error) == bool(left)


def test_the_cost_of_a_run_is_first_rough_and_then_timed(tmp_path: Path, monkeypatch) -> None:
    go_on = threading.Event()

    def timed(recipe: Recipe, train: int, val: int) -> CostEstimate:
        assert go_on.wait(SECONDS)
        layers = [{"Layer": "dense", "Kind": "Dense", "Output": "1", "Parameters": 7}]
        return CostEstimate(0.5, 10**9, "CPU", 7, layers, 60.0, 600.0, False)

    monkeypatch.setattr(cost, "estimate_cost", timed)
    monkeypatch.setattr(cost, "rough_step", lambda name, recipe: 0.5)
    app = train_page()
    app.session_state["data_folder"] = str(write_data_set(tmp_path / "chest_xray", patients=4))
    app.run()
    button(app, "Estimate time and memory").click().run()
    assert not app.exception
    assert "All epochs, roughly" in [one.label for one in app.metric]
    go_on.set()
    wait_until(app.session_state["run_cost"].timed.done, seconds=SECONDS)
    app.run()
    assert {one.label: one.value for one in app.metric}["All epochs"] == "10 min"
