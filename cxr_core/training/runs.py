"""The run folder: plain files that another process, another tab and a person can read.

runs/ID/config.json     what was asked for: data, recipe, settings, split; written once
        state.json      how far it is: status, epoch, step, heartbeat; replaced atomically
        history.csv     one row an epoch, appended
        log.txt         what the process printed
        split.csv       which film was trained on, which validated on
        best.keras      the weights of the best epoch by validation AUC
        validation.csv  labels, patients and logits of the validation films under best.keras
        test.json       figures on the films held out, of the published experiments only
        backup/         what a resume starts from, see `backup.py`
        tensorboard/    the figures of each epoch, for `tensorboard --logdir runs`
        name.txt        what its user calls it
        stop            exists once a stop was asked for
"""

import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.files import replace_atomically
from cxr_core.paths import runs_folder
from cxr_core.training.recipe_settings import Recipe, differences

LIVE = ("starting", "queued", "preparing", "running", "stopping")
BYTES_A_LINE = 400
ENDED = ("finished", "stopped", "failed", "dead")


class StopRequested(Exception):
    """Somebody asked the run to stop; leaves the fit at the next batch."""


@dataclass(frozen=True)
class Run:
    """One run folder. Everything is read from its files at each call, so any process sees the same."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def name(self) -> str:
        """What its user calls it; its id until it was renamed."""
        file = self.folder / "name.txt"
        return file.read_text().strip() if file.exists() else self.id

    def config(self) -> dict[str, Any]:
        """What was asked for."""
        return json.loads((self.folder / "config.json").read_text())

    def state(self) -> dict[str, Any]:
        """`state.json` with `status` corrected to "dead" if its process is gone, or "stopping" once asked to."""
        state = json.loads((self.folder / "state.json").read_text())
        if state["status"] in LIVE:
            if not _alive(state):
                state["status"] = "dead"
            elif self.stop_requested:
                state["status"] = "stopping"
        return state

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
        """`update`, for what the run can do without: a disk that is full for a moment does not end it."""
        try:
            self.update(**changes)
        except WorkError as error:
            print(error, flush=True)

    def claim(self, status: str) -> None:
        """Make this process the one that the run lives in."""
        process = psutil.Process()
        self.update(status=status, pid=process.pid, pid_started=process.create_time())

    @property
    def live(self) -> bool:
        """Whether a process is at work on it."""
        return self.state()["status"] in LIVE

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked it to stop."""
        return (self.folder / "stop").exists()

    def history(self) -> pd.DataFrame:
        """One row an epoch; empty before the first has ended. A row that is not written to its end is left out."""
        try:
            return pd.read_csv(self.folder / "history.csv", on_bad_lines="skip").dropna()
        except (FileNotFoundError, pd.errors.EmptyDataError):
            return pd.DataFrame()

    def held_out(self) -> dict[str, float]:
        """Figures on the films held out, of a published experiment that has finished; empty otherwise."""
        file = self.folder / "test.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of `log.txt`."""
        file = self.folder / "log.txt"
        if not file.exists():
            return []
        with file.open("rb") as log:
            log.seek(max(0, file.stat().st_size - BYTES_A_LINE * lines))
            return log.read().decode(errors="replace").splitlines()[-lines:]


def create_run(
    data: Path,
    recipe_name: str,
    recipe: Recipe,
    split: Path | None = None,
    folder: Path | None = None,
    experiment: dict[str, str] | None = None,
) -> Run:
    """Make a run folder, by default under `runs/` of the home folder with a new id.

    experiment: marks a run of `reproduce.py`, and how it is dealt.
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
    told = in_words(changed) or "the same settings"
    raise SettingsError(f"{folder}: holds a run already ({told}); `resume` goes on with it, a new folder starts anew.")


def in_words(changed: dict[str, tuple[Any, Any]]) -> str:
    """Settings that differ, "batch was 32 and is 16"."""
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


def _alive(state: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(state["pid"])
        return abs(process.create_time() - state["pid_started"]) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
