"""The run folder: what another process reads from it, and what is done with runs that have ended."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.training.run_actions import kill, prepare_resume, stop
from cxr_core.training.recipes import configure
from cxr_core.training.run_comparison import delete, figures_side_by_side, rename, settings_that_differ, weights_h5
from cxr_core.training.runs import Run, create_run, find_run, list_runs

NOBODY = 2**22 + 1  # above the kernel's greatest process id


def made(**settings: str) -> Run:
    return create_run(Path("/films"), "residual-128", configure("residual-128", settings))


def ended(status: str = "stopped", **settings: str) -> Run:
    run = made(**settings)
    run.update(status=status, pid=NOBODY)
    return run


def test_a_new_run_says_what_was_asked_for() -> None:
    run = made(epochs="3")
    assert find_run(run.id) == run
    assert run.config()["settings"]["epochs"] == 3
    assert (run.state()["status"], run.state()["epochs"], run.state()["pid"]) == ("starting", 3, os.getpid())
    assert run.history().empty
    assert run.log_tail() == []


def test_the_newest_run_comes_first() -> None:
    runs = [made(), made()]
    assert {run.id for run in list_runs()} == {run.id for run in runs}
    assert list_runs()[0].id == max(run.id for run in runs)


def test_a_run_whose_process_is_gone_is_dead() -> None:
    run = made()
    run.update(status="running", pid=NOBODY)
    assert run.state()["status"] == "dead"
    assert not run.live


def test_a_process_that_took_over_the_number_is_another(monkeypatch) -> None:
    run = made()
    run.update(status="running", pid_started=1.0)
    assert run.state()["status"] == "dead"


def test_a_stop_shows_at_once_and_does_nothing_to_a_run_that_has_ended() -> None:
    run = made()
    stop(run)
    assert run.state()["status"] == "stopping"
    done = ended()
    stop(done)
    kill(done)
    assert not done.stop_requested
    assert done.state()["status"] == "stopped"


def test_a_row_that_was_not_written_to_its_end_is_no_epoch() -> None:
    run = made()
    (run.folder / "history.csv").write_text("epoch,loss,val_auc\n1,0.5,0.9\n2,0.")
    assert run.history()["epoch"].tolist() == [1]
    (run.folder / "history.csv").write_text("")
    assert run.history().empty


def test_the_log_ends_with_its_last_lines() -> None:
    run = made()
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


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="cannot be written"):
        create_run(Path("/films"), "residual-128", configure("residual-128", {}), folder=tmp_path / "file" / "run")


@pytest.mark.parametrize("status", ["running", "finished"])
def test_only_a_run_that_broke_off_goes_on(status: str) -> None:
    run = made()
    run.update(status=status)
    with pytest.raises(WorkError, match=status):
        prepare_resume(run)


def test_changed_settings_are_refused_with_the_difference_named() -> None:
    run = ended(batch="16")
    asked = {"settings": run.config()["settings"] | {"batch": 32}, "split": None, "fingerprint": "x"}
    done = {"epoch": 1, "row": {}, "best_epoch": 1, "best": 0.5, "asked": asked}
    (run.folder / "backup").mkdir()
    (run.folder / "backup" / "epoch.json").write_text(json.dumps(done))
    with pytest.raises(SettingsError, match="batch was 32 and is 16"):
        prepare_resume(run)


def test_a_resume_takes_back_the_stop() -> None:
    run = made()
    stop(run)
    run.update(status="stopped", pid=NOBODY)
    prepare_resume(run)
    assert not run.stop_requested


def test_a_renamed_run_is_found_by_both_names() -> None:
    run = ended()
    rename(run, "  first try ")
    assert find_run("first try") == find_run(run.id) == run
    assert run.name == "first try"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\nb"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="printable"):
        rename(ended(), name)


def test_a_deleted_run_is_gone_and_a_live_one_is_not_deleted() -> None:
    run, live = ended(), made()
    delete(run)
    with pytest.raises(NotFound):
        find_run(run.id)
    with pytest.raises(WorkError, match="stop it"):
        delete(live)


def test_weights_are_taken_from_the_archive() -> None:
    run = ended()
    with pytest.raises(NotFound, match="no weights yet"):
        weights_h5(run)
    with zipfile.ZipFile(run.folder / "best.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"weights")
    assert weights_h5(run) == b"weights"


def test_runs_side_by_side() -> None:
    one, other = ended(epochs="3"), ended(epochs="5", seed="1")
    table = settings_that_differ([one, other]).set_index("Setting")
    assert table.loc["epochs"].tolist() == ["3", "5"]
    assert sorted(table.index) == ["epochs", "seed"]
    header = "epoch,loss,val_auc,val_accuracy,val_loss,seconds\n"
    (one.folder / "history.csv").write_text(header + "1,0.5,0.7,0.6,0.5,2\n2,0.4,0.9,0.8,0.4,4\n")
    one.update(best_epoch=2)
    figures = figures_side_by_side([one, other])
    assert figures.loc[0, "Validation AUC"] == 0.9
    assert figures.loc[0, "Seconds an epoch"] == 3
    assert figures["Epochs"].tolist() == [2, 0]
