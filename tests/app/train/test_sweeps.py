"""The Sweeps view of the Train page by AppTest."""

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.train import manage_run
from cxr_core.app.train.sweeps import parallel_coordinates
from cxr_core.cluster.sweep_record import Sweep, sweeps_folder
from cxr_core.cluster.sweep_table import sweep_table
from cxr_core.paths import runs_folder
from cxr_core.training.run_actions import retire
from cxr_core.training.runs import Run
from tests.app.test_train import button, train_page
from tests.support.sweeps import pretended_sweep

TRIED = {"size": ["96", "128"], "zoom": ["0.1", "0.2"]}


@pytest.fixture
def sweep() -> Sweep:
    """Four settings with two seeds; the best are 128 and 0.1, and of these the second seed."""
    return pretended_sweep("sweep-1", TRIED, lambda values, seed: int(values[0]) / 150 - float(values[1]) + seed / 100)


def sweeps_page(**state: object) -> AppTest:
    app = train_page()
    app.session_state["train_view"] = "Sweeps"
    for name, value in state.items():
        app.session_state[name] = value
    return app.run()


def test_the_best_by_the_worst_source_comes_first_and_is_published(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(manage_run, "start_publishing", lambda run, name, account: asked.append((run.id, name)))
    app = sweeps_page()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["size"].tolist() == ["128", "128", "96", "96"]
    assert table["zoom"].tolist() == ["0.1", "0.2", "0.1", "0.2"]
    assert table["epochs"].tolist() == [9, 3, 3, 3]
    assert "run" not in table
    assert any("2 finished" in one.value and "6 stopped" in one.value for one in app.caption)
    assert "**The best by the worst source: size=128 zoom=0.1 seed 1**" in [one.value for one in app.markdown]
    next(one for one in app.text_input if one.label == "Publish as").input("mine")
    button(app, "Publish this one").click().run()
    assert asked == [("sweep-1-002-seed1", "mine")]
    assert app.query_params["sweep"] == "sweep-1"


def test_a_chosen_row_takes_the_place_of_the_best(sweep: Sweep) -> None:
    chosen = {"selection": {"rows": [2], "columns": [], "cells": []}}
    app = sweeps_page(**{"sweep_table_sweep-1": chosen})
    assert "**Chosen: size=96 zoom=0.1 seed 1**" in [one.value for one in app.markdown]
    button(app, "Open run").click().run()
    assert app.session_state["train_view"] == "Runs"
    assert app.session_state["run"] == "sweep-1-000-seed1"
    assert "sweep" not in app.query_params


def test_an_address_names_a_sweep(sweep: Sweep) -> None:
    pretended_sweep("sweep-2", {"size": ["64"]}, lambda values, seed: 0.5)
    app = train_page()
    app.query_params["view"], app.query_params["sweep"] = "Sweeps", "sweep-1"
    app.run()
    assert next(one for one in app.selectbox if one.label == "Sweep").value == "sweep-1"
    app.query_params["sweep"] = "sweep-9"
    app.run()
    assert "sweep-9" in app.warning[0].value


def test_without_sweeps_the_command_is_shown() -> None:
    app = sweeps_page()
    assert not app.exception
    assert "No sweeps yet" in app.info[0].value
    assert "cxr sweep" in app.code[0].value


def test_a_sweep_whose_runs_were_deleted_and_a_damaged_one_are_sentences(sweep: Sweep) -> None:
    for ids in sweep.runs:
        for run in ids:
            retire(Run(runs_folder() / run))
    (sweeps_folder() / "sweep-0").mkdir()
    (sweeps_folder() / "sweep-0" / "sweep.json").write_text("{}")
    app = sweeps_page()
    assert not app.exception
    assert "Its runs were deleted." in [one.value for one in app.info]
    assert "sweep-0" in app.warning[0].value


def test_a_sweep_that_has_just_begun_has_no_figures() -> None:
    sweep = pretended_sweep("sweep-1", TRIED, lambda values, seed: 0.5)
    for ids in sweep.runs:
        for run in ids:
            for name in ("history.csv", "validation.csv", "best.keras"):
                (runs_folder() / run / name).unlink()
    app = sweeps_page()
    assert not app.exception
    assert app.dataframe[0].value["epochs"].tolist() == [0] * 4
    assert not [one for one in app.button if one.label == "Publish this one"]


def test_parallel_coordinates_go_through_what_varies_and_the_worst_source() -> None:
    sweep = pretended_sweep("a", {**TRIED, "flip": ["true"]}, lambda values, seed: int(values[0]) / 150)
    chart = parallel_coordinates(sweep_table(sweep), sweep)
    assert chart is not None
    axes = chart.data[0].dimensions
    assert [axis.label for axis in axes] == ["Input size, pixels", "Zoom", "AUC, worst source"]
    assert list(axes[0].ticktext) == ["96", "128"]
    assert list(axes[0].values) == [1, 1, 0, 0]
    assert list(axes[2].values) == pytest.approx([0.853, 0.853, 0.64, 0.64], abs=1e-3)
    single = pretended_sweep("b", {"size": ["96"]}, lambda values, seed: 0.5)
    assert parallel_coordinates(sweep_table(single), single) is None
