"""The run folder: plain files that another process, another tab and a person can read.

runs/ID/config.json     the run's data, recipe, settings and split table; written once
        state.json      its progress: status, epoch, step, heartbeat; replaced atomically
        history.csv     one row for each epoch, appended
        batches.csv     figures of its batches, see `batch_history.py`
        notes.json      the tags and notes that its user gave it
        log.txt         the output of its process
        split.csv       the split that each film was assigned to
        best.keras      the weights of the best epoch by validation AUC
        validation.csv  labels, patients and logits of the validation films under best.keras
        test.json       metrics on the test films, of the published experiments only
        backup/         the checkpoint that a resume starts from, see `checkpoint.py`
        tensorboard/    the metrics of each epoch, for `tensorboard --logdir runs`
        name.txt        the name that its user gave it
        stop            exists once a stop was requested
"""

import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from cxr_core.errors import DamagedRecord, NotFound, SettingsError, WorkError, work_error
from cxr_core.files import locked
from cxr_core.jobs.job import LIVE
from cxr_core.jobs.memory import reason_in_log
from cxr_core.jobs.process import ProcessId, log_tail
from cxr_core.paths import runs_folder
from cxr_core.quotas import room_for
from cxr_core.records import Fields, damaged, read_object, read_table, write_object
from cxr_core.training.recipe_settings import Recipe, differences
from cxr_core.training.run_records import RunConfig, RunNotes, RunState

__all__ = ["Run", "StopRequested", "create_run", "find_run", "list_runs"]
Content = TypeVar("Content")
HISTORY = ("epoch", "loss", "val_auc")
"""The columns that a history must have."""
BATCHES = ("epoch", "step", "steps", "loss", "accuracy", "auc")  # the columns of `batches.csv`, see `batch_history`


class StopRequested(Exception):
    """The run was requested to stop; ends the fit at the next batch."""


@dataclass(frozen=True)
class Run:
    """One run folder. Everything is read from its files at each call, so all processes see the same state."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def name(self) -> str:
        """The name that its user gave it; its id until then, or if the name cannot be read."""
        try:
            return (self.folder / "name.txt").read_text(encoding="utf-8").strip() or self.id
        except (OSError, UnicodeDecodeError):
            return self.id

    def config(self) -> RunConfig:
        """`config.json`: data, recipe, settings, split table. Raises DamagedRecord."""
        return RunConfig.read(self.folder / "config.json")

    def state(self) -> RunState:
        """`state.json`, with the status "dead" if its process has ended, or "stopping" once a stop was requested.

        Raises DamagedRecord.
        """
        state = RunState.read(self.folder / "state.json")
        status = state.status
        if status in LIVE:
            if not ProcessId(state.pid, state.pid_started).alive:
                status = "dead"
            elif self.stop_requested:
                status = "stopping"
        message = reason_in_log(self.log_tail()) if status == "dead" else state.message
        return state.changed(status=status, message=message)

    def update(self, **changes: Any) -> None:
        """Change `state.json` under its lock and set its heartbeat. Raises WorkError if it cannot be written.

        A damaged state is started anew, as one of this process: a run that waits or trains goes on.
        """
        file = self.folder / "state.json"
        finite = {
            key: None if isinstance(one, float) and not math.isfinite(one) else one for key, one in changes.items()
        }
        try:
            with locked(file):
                write_object(file, self._stored_state() | finite | {"heartbeat": time.time()})
        except OSError as error:
            raise work_error(self.folder, "the run folder cannot be written", error) from error

    def _stored_state(self) -> dict[str, Any]:
        file = self.folder / "state.json"
        if not file.exists():
            return {}
        try:
            return RunState.read(file).to_dict()
        except DamagedRecord:
            epochs = _unless_damaged(lambda: self.config().parsed.epochs, 1)
            begun = {"status": "starting", "message": "Starting.", "epoch": 0, "epochs": epochs}
            return begun | ProcessId.current().to_dict()

    def report(self, **changes: Any) -> None:
        """`update` for what the run does not depend on: an error, as of a full disk, is only printed."""
        try:
            self.update(**changes)
        except WorkError as error:
            print(error, flush=True)

    def claim(self, status: str) -> None:
        """Record this process as the one that fits the run."""
        self.update(status=status, **ProcessId.current().to_dict())

    @property
    def process(self) -> ProcessId:
        """The process that fits the run, or did last."""
        state = self.state()
        return ProcessId(state.pid, state.pid_started)

    @property
    def live(self) -> bool:
        """Whether its process is running."""
        return self.state().status in LIVE

    @property
    def stop_requested(self) -> bool:
        """Whether a stop was requested."""
        return (self.folder / "stop").exists()

    def history(self) -> pd.DataFrame:
        """One row for each epoch; empty before the first has ended, and if the file is damaged, see `problems`."""
        return _unless_damaged(self._read_history, pd.DataFrame())

    def batches(self) -> pd.DataFrame:
        """The rows of `batches.csv`, columns BATCHES; empty before the first, and if it is damaged, see `problems`."""
        return _unless_damaged(self._read_batches, pd.DataFrame(columns=list(BATCHES)))

    def test_metrics(self) -> dict[str, float]:
        """Metrics on the test films, of a published experiment that has finished; empty otherwise, see `problems`."""
        return _unless_damaged(self._read_test_metrics, {})

    def notes(self) -> RunNotes:
        """Its tags and notes; empty if it has none or they are damaged, see `problems`."""
        return _unless_damaged(self._read_notes, RunNotes({}, (), ""))

    def problems(self) -> list[str]:
        """A sentence for each of the run's files that is damaged and passed over."""
        found = []
        for read in (self._read_history, self._read_batches, self._read_test_metrics, self._read_notes):
            try:
                read()
            except DamagedRecord as error:
                found.append(str(error))
        return found

    def _read_history(self) -> pd.DataFrame:
        file = self.folder / "history.csv"
        if not file.exists() or (file.is_file() and not file.stat().st_size):
            return pd.DataFrame()
        return read_table(file, HISTORY, "a run's history", numbers=True)

    def _read_batches(self) -> pd.DataFrame:
        file = self.folder / "batches.csv"
        empty = pd.DataFrame(columns=list(BATCHES))
        return read_table(file, BATCHES, "a run's history of batches", numbers=True) if file.exists() else empty

    def _read_notes(self) -> RunNotes:
        file = self.folder / "notes.json"
        return RunNotes.read(file) if file.exists() else RunNotes({}, (), "")

    def _read_test_metrics(self) -> dict[str, float]:
        file = self.folder / "test.json"
        if not file.exists():
            return {}
        fields = Fields(read_object(file, "a run's test metrics"))
        try:
            return {key: fields.number(key) for key in fields.values}
        except ValueError as error:
            raise damaged(file, "a run's test metrics", str(error)) from error

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of `log.txt`."""
        return log_tail(self.folder / "log.txt", lines)


def _unless_damaged(read: Callable[[], Content], instead: Content) -> Content:
    """What is read from a run's file, or what stands for a damaged one."""
    try:
        return read()
    except DamagedRecord:
        return instead


def create_run(
    data: Path | Sequence[Path],
    recipe_name: str,
    recipe: Recipe,
    split: Path | None = None,
    folder: Path | None = None,
    experiment: dict[str, str] | None = None,
    boxes: Path | None = None,
) -> Run:
    """Create a run folder, by default with a new id under `runs/` of the home folder.

    data: a data set, or several, as `build_index` accepts them. boxes: a table of boxes, by default those beside the
    data sets. split: a split table, or None.
    experiment: for a run of `reproduce.py`, the experiment's "name" and its "split", see `assign_split`.
    Raises SettingsError if `folder` is not empty, WorkError if it cannot be written or the quota of runs is full.
    """
    with room_for("runs", 0, "a new run"):  # what it will write is little beside a quota
        pass
    started = datetime.now(UTC)
    folder = folder or runs_folder() / f"{started:%Y%m%d-%H%M%S}-{recipe_name}-{secrets.token_hex(2)}"
    _check_empty(folder, recipe)
    config = {
        "created": started.isoformat(timespec="seconds"),
        "data": [_absolute(one) for one in data] if isinstance(data, Sequence) else _absolute(data),
        "split": _absolute(split) if split else None,
        "boxes": _absolute(boxes) if boxes else None,
        "recipe": recipe_name,
        "settings": recipe.to_dict(),
        "experiment": experiment,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        RunConfig.from_dict(config).write(folder / "config.json")
    except OSError as error:
        raise work_error(folder, "the run folder cannot be written", error) from error
    run = Run(folder)
    begun = {"epoch": 0, "epochs": recipe.epochs, "arrived": time.time(), "message": "Starting."}
    run.update(status="starting", **begun, **ProcessId.current().to_dict())
    return run


def _absolute(path: Path) -> str:
    return str(Path(path).expanduser().resolve())


def _check_empty(folder: Path, recipe: Recipe) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / "config.json").exists():
        raise SettingsError("holds files already", thing=folder, accepted="a new or empty run folder is accepted")
    changed = differences(Run(folder).config().settings, recipe.to_dict())
    found = describe_differences(changed) or "the same settings"
    raise SettingsError(
        f"holds a run already ({found})", thing=folder, accepted="`resume` continues it, a new folder is accepted"
    )


def describe_differences(changed: dict[str, tuple[Any, Any]]) -> str:
    """Settings that differ as text: "batch was 32 and is 16"."""
    return ", ".join(f"{name} was {old} and is {new}" for name, (old, new) in changed.items())


def list_runs() -> list[Run]:
    """Every run under the home folder, newest first, without those that `damaged_runs` reports."""
    return _all_runs()[0]


def damaged_runs() -> list[str]:
    """A sentence for each run, and each file of a run, that cannot be read and is passed over."""
    runs, messages = _all_runs()
    return [*messages, *(message for run in runs for message in run.problems())]


def _all_runs() -> tuple[list[Run], list[str]]:
    folders = (folder for folder in runs_folder().iterdir() if (folder / "state.json").exists())
    runs, messages = [], []
    for folder in sorted(folders, key=lambda folder: folder.name, reverse=True):
        try:
            run = Run(folder)
            run.config(), run.state()
            runs.append(run)
        except DamagedRecord as error:
            messages.append(str(error))
    return runs, messages


def find_run(name: str) -> Run:
    """The run of that id, of that folder, or of that name if only one has it. Raises NotFound."""
    named = [run.folder for run in list_runs() if run.name == name]
    for folder in (runs_folder() / name, Path(name).expanduser(), *(named if len(named) == 1 else [])):
        if (folder / "state.json").exists() and (folder / "config.json").exists():
            return Run(folder.resolve())
    known = ", ".join(run.id for run in list_runs()[:5]) or "none yet"
    raise NotFound("there is no such run", thing=f"run {name!r}", accepted=f"the latest are {known}")
