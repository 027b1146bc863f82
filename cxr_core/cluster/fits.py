"""Fits runs up to given epochs, here one after another or on a cluster, and goes on with those that were interrupted.

Each is an ordinary run of this home folder. On a cluster a fit is a sequence of pieces: a machine gets the run's
folder, trains to the end of an epoch, for PIECE_SECONDS or a little more, and gives the folder back. What a lost
machine costs is its last piece, and no machine needs to see another's disk.
"""

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from cxr_core.cluster.ray_cluster import Parcel, RayCluster, Shared
from cxr_core.datasets.input_cache import cached_inputs, input_file
from cxr_core.errors import CXRError, WorkError, work_error
from cxr_core.files import replace_atomically
from cxr_core.jobs.pool import Lost
from cxr_core.jobs.process import ProcessId, start_process
from cxr_core.paths import cache_folder
from cxr_core.training.fit import TrainingData, fit, read_training_data
from cxr_core.training.run_actions import prepare_resume
from cxr_core.training.runs import Run

PIECE_SECONDS = 300.0
POLL_SECONDS = 0.5
MOST_LOSSES = 10
LAST = ("history.csv", "backup/epoch.json", "state.json")
"""Files of a run that say what the others hold; written after them, in this order."""

Wanted = Iterable[tuple[Run, int]]
"""Runs, each with the epoch to which it is to be fitted."""


class Fits(Protocol):
    """Where runs are fitted."""

    def fit_all(self, wanted: Wanted, report: Callable[[str], None]) -> None:
        """Returns when each run has reached its epoch, has finished or failed, or was stopped by its user."""


def epochs_done(run: Run) -> int:
    """How many epochs of a run are stored."""
    history = run.history()
    return 0 if history.empty else int(history["epoch"].max())


def open_fit(run: Run, until: int) -> bool:
    """Whether a run is still to be fitted up to an epoch; after its last epoch it is, until it has finished."""
    whole = until >= run.config().parsed.epochs
    return run.state().status not in ("finished", "failed") and (whole or epochs_done(run) < until)


def fit_until(run: Run, until: int) -> None:
    """Fit a run in this process, at most to the end of an epoch. Raises what `fit` raises."""
    last = run.config().parsed.epochs
    fit(run, after_epoch=lambda epoch: until <= epoch < last)


class FitsHere:
    """One run after another, each in a process of its own that waits for its turn on the device."""

    def fit_all(self, wanted: Wanted, report: Callable[[str], None]) -> None:
        """See `Fits`. A run whose process an earlier command has left is waited for."""
        for run, until in wanted:
            while run.live and run.process != ProcessId.current():
                time.sleep(POLL_SECONDS)
            if not open_fit(run, until):
                continue
            report(f"{run.name}: fitting to epoch {until}.")
            if run.state().status != "starting":
                prepare_resume(run)
            process = start_process("cxr_core.cluster.fits.fit_until", (run, until), run.folder / "log.txt")
            run.update(**process.to_dict())
            while run.live:
                time.sleep(POLL_SECONDS)


@dataclass(frozen=True, eq=False)
class Piece:
    """A run's folder on its way to a machine. data: its TrainingData. losses: machines lost with it."""

    run_id: str
    until: int
    files: dict[str, bytes]
    data: Shared
    inputs: Parcel
    losses: int = 0


class FitsOnCluster:
    """As many runs at a time as the cluster has room for."""

    def __init__(self, cluster: RayCluster, piece_seconds: float = PIECE_SECONDS) -> None:
        self._cluster, self._seconds = cluster, piece_seconds
        self._data: dict[str, tuple[Shared, TrainingData]] = {}

    def fit_all(self, wanted: Wanted, report: Callable[[str], None]) -> None:
        """See `Fits`."""
        runs = {run.id: (run, until) for run, until in wanted}
        waiting = deque((run.id, 0) for run, until in runs.values() if open_fit(run, until))

        def next_piece() -> Piece | None:
            if not waiting:
                return None
            run_id, losses = waiting.popleft()
            run, until = runs[run_id]
            report(f"{run.name}: fitting to epoch {until} on the cluster.")
            return self._piece(run, until, losses)

        work = self._cluster.work("cxr_core.cluster.fits.piece_fitter", (self._seconds,), alone=True)
        for piece, found in work.run(next_piece):
            run, until = runs[piece.run_id]
            asked = run.stop_requested
            if not isinstance(found, Lost):
                write_run(run, found)
                if not asked and open_fit(run, until):
                    waiting.append((run.id, 0))
            elif asked:
                run.update(status="stopped", message="Stopped.")
            elif piece.losses >= MOST_LOSSES:
                run.update(status="failed", message=f"{piece.losses + 1} machines were lost with it.")
            else:
                report(f"{run.name}: its machine was lost; another goes on after epoch {epochs_done(run)}.")
                waiting.append((run.id, piece.losses + 1))

    def _piece(self, run: Run, until: int, losses: int) -> Piece:
        """Claims the run for this process and packs its folder. Raises WorkError if another process fits it."""
        if run.live and run.process != ProcessId.current():
            raise WorkError("is fitted by another process", thing=f"run {run.id}", accepted="wait for it, or stop it")
        status = run.state().status
        if status not in ("starting", "running"):
            prepare_resume(run)
        run.claim("running")
        run.update(message="Training on the cluster.")
        config = run.config()
        key = repr((config.data, config.split, config.boxes, config.parsed.subset, config.parsed.other_weight))
        if not config.split:
            key += repr(config.parsed.seed)
        if key not in self._data:
            data = read_training_data(run)
            self._data[key] = (self._cluster.share(data), data)
        shared, data = self._data[key]
        preprocessing = config.parsed.preprocessing()
        cached_inputs(data.index.root, data.films, preprocessing)
        file = input_file(data.films, preprocessing)
        inputs = self._cluster.parcel("films", {file.name: file})
        return Piece(run.id, until, read_run(run), shared, inputs, losses)


def piece_fitter(seconds: float) -> Callable[[Piece], dict[str, bytes]]:
    """What a machine of the cluster does with a piece: the run's folder as it is after the piece."""

    def work(piece: Piece) -> dict[str, bytes]:
        cached = cache_folder("films")
        for name, _ in piece.inputs.files:
            if not (cached / name).exists():
                fetched = piece.inputs.fetched() / name
                with replace_atomically(cached / name) as part:
                    shutil.copyfile(fetched, part)
        folder = cache_folder("cluster") / piece.run_id
        shutil.rmtree(folder, ignore_errors=True)
        run = Run(folder)
        write_run(run, piece.files, claim=False)
        began, last = time.monotonic(), run.config().parsed.epochs

        def pauses(epoch: int) -> bool:
            return epoch < last and (epoch >= piece.until or time.monotonic() - began >= seconds)

        with suppress(CXRError):  # the run's state says why
            fit(run, after_epoch=pauses, data=piece.data.value(), queue=False)
        files = read_run(run)
        shutil.rmtree(folder, ignore_errors=True)
        return files

    return work


def read_run(run: Run) -> dict[str, bytes]:
    """The files of a run's folder by their relative paths, without locks and stop requests."""
    files = (file for file in sorted(run.folder.rglob("*")) if file.is_file())
    return {
        file.relative_to(run.folder).as_posix(): file.read_bytes()
        for file in files
        if not file.name.startswith(".") and file.name != "stop"
    }


def write_run(run: Run, files: dict[str, bytes], claim: bool = True) -> None:
    """Bring a run's folder to these files; a kill in between leaves one from which it can go on. Raises WorkError.

    claim: whether the run is then this process's, as one that has not ended on another machine.
    """
    order = sorted(files, key=lambda name: (LAST.index(name) + 1 if name in LAST else 0, name))
    try:
        for name in order:
            file = run.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            with replace_atomically(file) as part:
                part.write_bytes(files[name])
        for left in run.folder.glob("backup/*"):
            if f"backup/{left.name}" not in files:
                left.unlink()
    except OSError as error:
        raise work_error(run.folder, "the run folder cannot be written", error) from error
    if claim:
        run.update(**ProcessId.current().to_dict())
