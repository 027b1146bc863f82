"""What a run goes on from after a stop, a crash or a reboot, whatever the moment.

An epoch is committed by replacing `backup/epoch.json`. What belongs to it is written before (the weights and the
optimiser's state in `backup/epoch-N.npz`, the model in `best-N.part.keras` if it is the best so far) or follows from it
(`best.keras`, the row of `history.csv`); `settle` carries out what follows and may be repeated. So a process that is
killed between any two steps leaves either the epoch before or this one, and every epoch once in the history.
"""

import contextlib
import csv
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from cxr_core.errors import WorkError
from cxr_core.files import replace_atomically
from cxr_core.training.runs import Run


@dataclass(frozen=True)
class Commit:
    """An epoch that is done. `epoch` counts from 1; `row` is its row of the history; `asked` what was asked for."""

    epoch: int
    row: dict[str, float]
    best_epoch: int
    best: float
    asked: dict[str, Any]


def last_commit(run: Run) -> Commit | None:
    """The last epoch that was committed, or None."""
    file = run.folder / "backup" / "epoch.json"
    return Commit(**json.loads(file.read_text())) if file.exists() else None


def commit(run: Run, model, done: Commit) -> None:
    """Keep an epoch. Raises WorkError if the run folder cannot be written; the epoch before is then still whole."""
    folder = run.folder / "backup"
    try:
        folder.mkdir(exist_ok=True)
        if done.best_epoch == done.epoch:
            model.save(_best_part(run, done.epoch))
        with replace_atomically(folder / f"epoch-{done.epoch}.npz") as part:
            _save_variables(model, part)
        with replace_atomically(folder / "epoch.json") as part:
            part.write_text(json.dumps(asdict(done)))
        settle(run)
    except OSError as error:
        with contextlib.suppress(OSError):
            settle(run)  # gives back what the half-kept epoch took, so that a full disk has room for the sentence
        why = error.strerror or str(error)
        raise WorkError(f"{run.folder}: epoch {done.epoch} cannot be kept ({why}); make room and resume.") from error


def settle(run: Run) -> None:
    """Make history and best model those of the last commit, and remove what no commit needs."""
    done = last_commit(run)
    epoch = done.epoch if done else 0
    if done and done.best_epoch == epoch and _best_part(run, epoch).exists():
        _best_part(run, epoch).replace(run.folder / "best.keras")
    _settle_history(run.folder / "history.csv", done)
    for leftover in [*run.folder.glob("best-*.part.keras"), *(run.folder / "backup").glob("*")]:
        if leftover.name not in ("epoch.json", f"epoch-{epoch}.npz"):
            leftover.unlink()


def restore(run: Run, model, done: Commit, with_optimizer: bool) -> None:
    """Give a compiled model the variables that were committed. Raises WorkError if they are damaged."""
    file = run.folder / "backup" / f"epoch-{done.epoch}.npz"
    try:
        with np.load(file) as kept:
            for prefix, variables in _variables(model).items():
                if prefix == "model" or with_optimizer:
                    for number, variable in enumerate(variables):
                        variable.assign(kept[f"{prefix}{number}"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise WorkError(f"{file}: the backup cannot be read ({error}); start a new run.") from error


def _variables(model) -> dict[str, list]:
    measured = {id(variable) for metric in model.metrics for variable in metric.variables}
    own = [variable for variable in model.variables if id(variable) not in measured]
    return {"model": own, "optimizer": model.optimizer.variables}


def _save_variables(model, part: Path) -> None:
    arrays = {
        f"{prefix}{number}": np.asarray(variable)
        for prefix, variables in _variables(model).items()
        for number, variable in enumerate(variables)
    }
    with part.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())


def _settle_history(file: Path, done: Commit | None) -> None:
    lines = file.read_text().splitlines() if file.exists() else []
    if done is None:
        file.unlink(missing_ok=True)
        return
    whole = len(lines) > 1 and file.read_text().endswith("\n")
    last = lines[-1].split(",")[0] if whole else "0" if not lines else ""
    if last == str(done.epoch):
        return
    if last == str(done.epoch - 1):
        with file.open("a", newline="") as table:
            _write_rows(table, [done.row], header=not lines)
        return
    rows = [row for row in csv.DictReader(lines) if row["epoch"].isdigit() and int(row["epoch"]) < done.epoch]
    with replace_atomically(file) as part, part.open("w", newline="") as table:
        _write_rows(table, [*rows, done.row], header=True)


def _write_rows(table, rows: list[dict[str, Any]], header: bool) -> None:
    writer = csv.DictWriter(table, rows[-1])
    if header:
        writer.writeheader()
    writer.writerows(rows)


def _best_part(run: Run, epoch: int) -> Path:
    return run.folder / f"best-{epoch}.part.keras"
