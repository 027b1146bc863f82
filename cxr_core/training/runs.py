"""The run folder: plain files that another process, another tab and a person can read.

runs/ID/config.json     the run's data, recipe, settings and split table; written once
        state.json      its progress: status, epoch, step, heartbeat; replaced atomically
        history.csv     one row for each epoch, appended
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

import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.files import replace_atomically
from cxr_core.jobs.process import ProcessId
from cxr_core.paths import runs_folder
from cxr_core.training.recipe_settings import Recipe, differences

LIVE = ("starting", "queued", "preparing", "running", "stopping")
BYTES_PER_LOG_LINE = 400
ENDED = ("finished", "stopped", "failed", "dead")


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
        """The name that its user gave it; its id until then."""
        file = self.folder / "name.txt"
        return file.read_text().strip() if file.exists() else self.id

    def config(self) -> dict[str, Any]:
        """The content of `config.json`: data, recipe, settings, split table."""
        result: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        return result

    def state(self) -> dict[str, Any]:
        """`state.json`, with the status "dead" if its process has ended, or "stopping" once a stop was requested."""
        state = json.loads((self.folder / "state.json").read_text())
        if state["status"] in LIVE:
            if not ProcessId.from_dict(state).alive:
                state["status"] = "dead"
            elif self.stop_requested:
                state["status"] = "stopping"
        result: dict[str, Any] = state
        return result

    def update(self, **changes: Any) -> None:
        """Change `state.json` atomically and set its heartbeat. Raises WorkError if it cannot be written."""
        file = self.folder / "state.json"
        state = json.loads(file.read_text()) if file.exists() else {}
        try:
            with replace_atomically(file) as part:
                part.write_text(json.dumps(state | changes | {"heartbeat": time.time()}, indent=1))
        except OSError as error:
            raise WorkError(f"{self.folder}: the run folder cannot be written ({error.strerror}).") from error

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
        return ProcessId.from_dict(self.state())

    @property
    def live(self) -> bool:
        """Whether its process is running."""
        return self.state()["status"] in LIVE

    @property
    def stop_requested(self) -> bool:
        """Whether a stop was requested."""
        return (self.folder / "stop").exists()

    def history(self) -> pd.DataFrame:
        """One row for each epoch; empty before the first has ended. An incomplete last row is left out."""
        try:
            return pd.read_csv(self.folder / "history.csv", on_bad_lines="skip").dropna()
        except (FileNotFoundError, pd.errors.EmptyDataError):
            return pd.DataFrame()

    def test_metrics(self) -> dict[str, float]:
        """Metrics on the test films, of a published experiment that has finished; empty otherwise."""
        file = self.folder / "test.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of `log.txt`."""
        file = self.folder / "log.txt"
        if not file.exists():
            return []
        with file.open("rb") as log:
            log.seek(max(0, file.stat().st_size - BYTES_PER_LOG_LINE * lines))
            return log.read().decode(errors="replace").splitlines()[-lines:]


def create_run(
    data: Path,
    recipe_name: str,
    recipe: Recipe,
    split: Path | None = None,
    folder: Path | None = None,
    experiment: dict[str, str] | None = None,
) -> Run:
    """Create a run folder, by default with a new id under `runs/` of the home folder.

    data: a data set as `build_index` accepts it. split: a split table, or None.
    experiment: for a run of `reproduce.py`, the experiment's "name" and its "split", see `assign_split`.
    Raises SettingsError if `folder` is not empty, WorkError if it cannot be written.
    """
    started = datetime.now(UTC)
    folder = folder or runs_folder() / f"{started:%Y%m%d-%H%M%S}-{recipe_name}-{secrets.token_hex(2)}"
    _check_empty(folder, recipe)
    config = {
        "created": started.isoformat(timespec="seconds"),
        "data": str(Path(data).expanduser().resolve()),
        "split": str(Path(split).expanduser().resolve()) if split else None,
        "recipe": recipe_name,
        "settings": recipe.to_dict(),
        "experiment": experiment,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config, indent=1))
    except OSError as error:
        raise WorkError(f"{folder}: the run folder cannot be written ({error.strerror}).") from error
    run = Run(folder)
    run.claim("starting")
    run.update(epoch=0, epochs=recipe.epochs, arrived=time.time(), message="Starting.")
    return run


def _check_empty(folder: Path, recipe: Recipe) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / "config.json").exists():
        raise SettingsError(f"{folder}: holds files already; a new or empty run folder is accepted.")
    changed = differences(Run(folder).config()["settings"], recipe.to_dict())
    found = describe_differences(changed) or "the same settings"
    raise SettingsError(f"{folder}: holds a run already ({found}); `resume` continues it, a new folder is accepted.")


def describe_differences(changed: dict[str, tuple[Any, Any]]) -> str:
    """Settings that differ as text: "batch was 32 and is 16"."""
    return ", ".join(f"{name} was {old} and is {new}" for name, (old, new) in changed.items())


def list_runs() -> list[Run]:
    """Every run under the home folder, newest first."""
    folders = (folder for folder in runs_folder().iterdir() if (folder / "state.json").exists())
    return [Run(folder) for folder in sorted(folders, key=lambda folder: folder.name, reverse=True)]


def find_run(name: str) -> Run:
    """The run of that id, of that folder, or of that name if only one has it. Raises NotFound."""
    named = [run.folder for run in list_runs() if run.name == name]
    for folder in (runs_folder() / name, Path(name).expanduser(), *(named if len(named) == 1 else [])):
        if (folder / "state.json").exists() and (folder / "config.json").exists():
            return Run(folder.resolve())
    known = ", ".join(run.id for run in list_runs()[:5]) or "none yet"
    raise NotFound(f"run {name!r}: there is no such run; the latest are {known}.")
