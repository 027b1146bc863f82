"""The run folder, as other processes read it."""

import os
from pathlib import Path

import pytest

from cxr_core.errors import SettingsError, WorkError
from cxr_core.training.recipes import configure
from cxr_core.training.runs import create_run, find_run, list_runs
from tests.support.runs import NO_PROCESS, new_run


def test_a_new_run_has_its_settings_and_state() -> None:
    run = new_run(epochs="3")
    assert find_run(run.id) == run
    assert run.config().settings["epochs"] == 3
    assert (run.state().status, run.state().epochs, run.state().pid) == ("starting", 3, os.getpid())
    assert run.history().empty
    assert run.log_tail() == []


def test_the_newest_run_comes_first() -> None:
    runs = [new_run(), new_run()]
    assert {run.id for run in list_runs()} == {run.id for run in runs}
    assert list_runs()[0].id == max(run.id for run in runs)


def test_a_run_whose_process_is_gone_is_dead() -> None:
    run = new_run()
    run.update(status="running", pid=NO_PROCESS)
    assert run.state().status == "dead"
    assert not run.live


def test_another_process_with_the_same_number_does_not_count(monkeypatch) -> None:
    run = new_run()
    run.update(status="running", pid_started=1.0)
    assert run.state().status == "dead"


def test_an_incomplete_row_is_no_epoch() -> None:
    run = new_run()
    (run.folder / "history.csv").write_text("epoch,loss,val_auc\n1,0.5,0.9\n2,0.")
    assert run.history()["epoch"].tolist() == [1]
    (run.folder / "history.csv").write_text("")
    assert run.history().empty


def test_the_log_ends_with_its_last_lines() -> None:
    run = new_run()
    (run.folder / "log.txt").write_text("\n".join(f"line {number} {'x' * 100}" for number in range(1000)))
    tail = run.log_tail(3)
    assert [line.split()[1] for line in tail] == ["997", "998", "999"]


def test_a_folder_that_holds_a_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    recipe = configure("residual-128", {"epochs": "3"})
    create_run(Path("/films"), "residual-128", recipe, folder=tmp_path / "run")
    with pytest.raises(SettingsError, match="epochs was 3 and is 5"):
        create_run(Path("/f"), "residual-128", configure("residual-128", {"epochs": "5"}), folder=tmp_path / "run")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").touch()
    with pytest.raises(SettingsError, match="holds files already"):
        create_run(Path("/films"), "residual-128", recipe, folder=tmp_path / "other")


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="cannot be written"):
        create_run(Path("/films"), "residual-128", configure("residual-128", {}), folder=tmp_path / "file" / "run")
