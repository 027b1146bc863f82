"""Runs are fitted epoch by epoch, here and by handing over their folders, and come to the same."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import psutil
import pytest

from cxr_core.cluster import fits
from cxr_core.cluster.fits import (
    MOST_LOSSES,
    FitsHere,
    FitsOnCluster,
    Piece,
    epochs_done,
    fit_until,
    piece_fitter,
    read_run,
    write_run,
)
from cxr_core.cluster.ray_cluster import Parcel, RayCluster
from cxr_core.errors import WorkError
from cxr_core.jobs.pool import Lost
from cxr_core.jobs.process import ProcessId
from cxr_core.training.fit import fit
from cxr_core.training.recipes import configure
from cxr_core.training.runs import Run, create_run
from tests.support.runs import NO_PROCESS, ended_run, new_run
from tests.support.synthetic_chests import write_data_set

TINY = {"size": "32", "widths": "4", "dense": "4", "epochs": "3", "batch": "16", "dropout": "0.1", "device": "cpu"}
ENDED = ProcessId(NO_PROCESS, 0.0)


def silent(_: str) -> None:
    """Reports nothing."""


class InThisProcess:
    """A cluster of one: it works on a piece in this process, but loses the first ones."""

    def __init__(self, lost: int = 0, meanwhile: Callable[[Piece], object] = lambda piece: None) -> None:
        self._lost, self._meanwhile = lost, meanwhile
        self.pieces: list[Piece] = []
        self.shared: list[Any] = []

    def share(self, value: Any) -> Any:
        self.shared.append(value)

        class Here:
            def value(self) -> Any:
                return value

        return Here()

    def parcel(self, folder: str, files: dict[str, Path]) -> Parcel:
        return Parcel(folder, "key", tuple((name, ()) for name in files))

    def work(self, function: str, arguments: tuple[Any, ...], *, alone: bool) -> "InThisProcess":
        assert (function, alone) == ("cxr_core.cluster.fits.piece_fitter", True)
        self._work = piece_fitter(*arguments)
        return self

    def run(self, next_task: Callable[[], Piece | None]) -> Iterator[tuple[Piece, Any]]:
        while piece := next_task():
            self.pieces.append(piece)
            self._meanwhile(piece)
            if self._lost:
                self._lost -= 1
                yield piece, Lost("WorkerCrashedError")
            else:
                yield piece, self._work(piece)


def on(cluster: InThisProcess, seconds: float = 0.0) -> FitsOnCluster:
    return FitsOnCluster(cast(RayCluster, cluster), seconds)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("films") / "chest_xray", patients=20, films_each=1)


def tiny(data: Path) -> Run:
    return create_run(data, "sequential-4conv", configure("sequential-4conv", TINY))


def figures(run: Run) -> pd.DataFrame:
    return run.history().drop(columns="seconds")


def test_pieces_and_pauses_change_no_figure(data: Path) -> None:
    whole, here, there = tiny(data), tiny(data), tiny(data)
    fit(whole)
    fit_until(here, 1)
    assert (here.state().status, epochs_done(here)) == ("stopped", 1)
    assert (here.folder / "validation.csv").exists()
    fits.prepare_resume(here)
    fit_until(here, 3)
    cluster = InThisProcess(lost=1)
    said: list[str] = []
    on(cluster).fit_all([(there, 2)], said.append)
    assert (there.state().status, epochs_done(there), len(cluster.pieces)) == ("stopped", 2, 3)
    assert said[1] == f"{there.name}: its machine was lost; another goes on after epoch 0."
    on(cluster).fit_all([(there, 2)], silent)  # nothing to do
    on(cluster).fit_all([(there, 3)], silent)
    assert len(cluster.pieces) == 4
    for run in (whole, here, there):
        assert run.state().status == "finished"
        assert not run.stop_requested
        pd.testing.assert_frame_equal(figures(run), figures(whole))
    scores = [pd.read_csv(run.folder / "validation.csv")["logit"] for run in (whole, here, there)]
    pd.testing.assert_series_equal(scores[1], scores[0])
    pd.testing.assert_series_equal(scores[2], scores[0])


def test_runs_with_one_split_share_their_data_and_a_piece_may_hold_many_epochs(data: Path, tmp_path: Path) -> None:
    first = tiny(data)
    fit_until(first, 1)
    split = shutil.copy(first.folder / "split.csv", tmp_path)
    runs = [create_run(data, "sequential-4conv", configure("sequential-4conv", TINY), Path(split)) for _ in range(2)]
    cluster = InThisProcess()
    on(cluster, seconds=3600).fit_all([(run, 2) for run in runs], silent)
    assert [epochs_done(run) for run in runs] == [2, 2]
    assert (len(cluster.pieces), len(cluster.shared)) == (2, 1)


def test_a_run_that_loses_every_machine_fails_in_the_end(data: Path) -> None:
    run, cluster = tiny(data), InThisProcess(lost=100)
    on(cluster).fit_all([(run, 1)], silent)
    assert run.state().status == "failed"
    assert run.state().message == f"{MOST_LOSSES + 1} machines were lost with it."
    assert len(cluster.pieces) == MOST_LOSSES + 1


@pytest.mark.parametrize("lost", [0, 1])
def test_a_run_that_its_user_stops_is_not_given_again(data: Path, lost: int) -> None:
    run = tiny(data)
    cluster = InThisProcess(lost, meanwhile=lambda piece: (run.folder / "stop").touch())
    on(cluster).fit_all([(run, 3)], silent)
    assert (run.state().status, len(cluster.pieces)) == ("stopped", 1)
    assert epochs_done(run) == 1 - lost


def test_what_another_process_fits_is_left_to_it(data: Path) -> None:
    run = tiny(data)
    run.update(**ProcessId(os.getppid(), psutil.Process(os.getppid()).create_time()).to_dict())
    with pytest.raises(WorkError, match="is fitted by another process; wait for it, or stop it"):
        on(InThisProcess()).fit_all([(run, 1)], silent)


def test_a_fit_that_fails_on_a_machine_says_so_here(tmp_path: Path) -> None:
    run = tiny(write_data_set(tmp_path / "chest_xray", patients=20, films_each=1))
    cluster = InThisProcess(meanwhile=lambda piece: piece.files.update({"backup/epoch.json": b"{"}))
    on(cluster).fit_all([(run, 3)], silent)
    assert run.state().status == "failed"
    assert "epoch.json" in run.state().message
    assert len(cluster.pieces) == 1


def test_runs_here_have_a_process_each_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[tuple[str, int, bool]] = []

    def pretend(function: str, arguments: tuple[Run, int], log: Path) -> ProcessId:
        run, until = arguments
        assert (function, log) == ("cxr_core.cluster.fits.fit_until", run.folder / "log.txt")
        began.append((run.id, until, run.live))
        pd.DataFrame({"epoch": [until], "loss": 1.0, "val_auc": 1.0}).to_csv(run.folder / "history.csv", index=False)
        run.update(status="stopped")
        return ENDED

    monkeypatch.setattr(fits, "start_process", pretend)
    created, stopped, killed = new_run(), ended_run(), ended_run("running")
    (stopped.folder / "stop").touch()
    done, failed = ended_run("finished"), ended_run("failed")
    said: list[str] = []
    wanted = [(run, 2) for run in (created, stopped, killed, done, failed)]
    FitsHere().fit_all(wanted, said.append)
    assert began == [(run.id, 2, True) for run in (created, stopped, killed)]
    assert said == [f"{run.name}: fitting to epoch 2." for run in (created, stopped, killed)]
    assert not stopped.stop_requested
    FitsHere().fit_all(wanted, said.append)
    assert len(began) == 3


def test_a_folder_is_handed_over_whole_without_locks_and_stop_requests(tmp_path: Path) -> None:
    run = ended_run()
    (run.folder / "backup").mkdir()
    for name in ("backup/epoch.json", "backup/1.keras", "stop", ".state.json.lock", "log.txt"):
        (run.folder / name).write_text(name)
    files = read_run(run)
    assert sorted(files) == ["backup/1.keras", "backup/epoch.json", "config.json", "log.txt", "state.json"]
    other = Run(tmp_path / "other")
    (other.folder / "backup").mkdir(parents=True)
    (other.folder / "backup" / "0.keras").write_text("older")
    write_run(other, files, claim=False)
    assert read_run(other) == files
    write_run(other, files)
    assert other.process == ProcessId.current()


def test_what_says_what_the_others_hold_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    replace = fits.replace_atomically
    monkeypatch.setattr(fits, "replace_atomically", lambda file: (written.append(file.name), replace(file))[1])
    names = ("state.json", "backup/epoch.json", "history.csv", "best.keras", "backup/2.keras")
    write_run(Run(tmp_path / "run"), dict.fromkeys(names, b""), claim=False)
    assert written == ["2.keras", "best.keras", "history.csv", "epoch.json", "state.json"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(WorkError, match=r"run: the run folder cannot be written \(.+\)"):
        write_run(Run(tmp_path / "run"), {"log.txt": b""})
