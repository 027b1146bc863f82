"""The checkpoint that a run resumes from after a stop, a crash or a reboot, at whatever moment.

An epoch is committed when `backup/epoch.json` is replaced. Before that its data are written: weights and optimiser
state to `backup/epoch-N.npz`, and the model to `best-N.part.keras` if it is the best so far. After it `settle` updates
`best.keras` and `history.csv`; it may be repeated. A process that is killed between any two steps therefore leaves
either the previous epoch or this one, and each epoch once in the history. All of it happens in one thread, from copies
of the variables, while the next epoch trains (`callbacks.KeepBest`); an epoch is stored once the one before is.
Where storing takes longer than an epoch, those that have ended meanwhile are committed at once, with the newest one's
state.
"""

import contextlib
import csv
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from cxr_core.errors import work_error
from cxr_core.files import replace_atomically
from cxr_core.limits import read_arrays
from cxr_core.records import Fields, damaged, read_object
from cxr_core.training.runs import Run

COMMIT = "a run's checkpoint"


@dataclass(frozen=True)
class Commit:
    """An epoch that has ended.

    epoch, best_epoch: counted from 1. row: its row of the history. best: the best epoch's score, greater is better.
    run_identity: the settings, split and data that it belongs to, see `fit.run_identity`; the key "asked" in the file.
    earlier: the rows of epochs that are committed with it.
    """

    epoch: int
    row: dict[str, float]
    best_epoch: int
    best: float
    run_identity: dict[str, Any]
    earlier: list[dict[str, float]] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, float]]:
        """The rows of the history that are committed, in order."""
        return [*self.earlier, self.row]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it."""
        values = asdict(self)
        return values | {"asked": values.pop("run_identity")}

    @classmethod
    def from_dict(cls, values: dict[str, Any], file: Path) -> Self:
        """What `to_dict` wrote into a file. Raises DamagedRecord for anything else."""
        fields = Fields(values)
        try:
            row, earlier = fields.part("row"), fields.parts("earlier")
            asked = fields.part("asked")
            for one in (*earlier, row):
                for key in one.values:
                    one.number(key, finite=False)
            return cls(
                epoch=fields.whole("epoch"),
                row=row.values,
                best_epoch=fields.whole("best_epoch"),
                best=fields.number("best", finite=False),
                run_identity=asked.values,
                earlier=[one.values for one in earlier],
            )
        except ValueError as error:
            raise damaged(file, COMMIT, str(error)) from error


def last_commit(run: Run) -> Commit | None:
    """The last epoch that was committed, or None. Raises DamagedRecord."""
    file = run.folder / "backup" / "epoch.json"
    return Commit.from_dict(read_object(file, COMMIT), file) if file.exists() else None


def commit(run: Run, done: Commit, arrays: dict[str, Any], save: Callable[[Path], None] | None) -> None:
    """Store an epoch: `arrays` as `copied` gives them; `save` writes a new best network, if there is one, into a file.

    Raises WorkError if the run folder cannot be written; the previous epoch is then still complete.
    """
    folder = run.folder / "backup"
    try:
        folder.mkdir(exist_ok=True)
        if save:
            save(_best_part(run, done.epoch))
        with replace_atomically(folder / f"epoch-{done.epoch}.npz") as part:
            _write_arrays(part, arrays)
        with replace_atomically(folder / "epoch.json") as part:
            part.write_text(json.dumps(done.to_dict()))
        settle(run)
    except OSError as error:
        with contextlib.suppress(OSError):
            settle(run)  # removes the incomplete epoch's files, so that a full disk has room for the message
        problem = f"epoch {done.epoch} cannot be stored"
        raise work_error(run.folder, problem, error, "make room and resume") from error


def settle(run: Run) -> None:
    """Bring the history and the best model to the last commit, and remove files that no commit needs."""
    done = last_commit(run)
    epoch = done.epoch if done else 0
    if done and _best_part(run, epoch).exists():
        _best_part(run, epoch).replace(run.folder / "best.keras")
    _settle_history(run.folder / "history.csv", done)
    for leftover in [*run.folder.glob("best-*.part.keras"), *(run.folder / "backup").glob("*")]:
        if leftover.name not in ("epoch.json", f"epoch-{epoch}.npz"):
            leftover.unlink()


def restore(run: Run, model: Any, done: Commit, with_optimizer: bool) -> None:
    """Set the variables of a compiled Keras model to those committed, with or without the optimiser's.

    Raises WorkError if the file is damaged.
    """
    file = run.folder / "backup" / f"epoch-{done.epoch}.npz"
    try:
        arrays = read_arrays(file)
        for prefix, variables in _variables(model).items():
            if prefix == "model" or with_optimizer:
                for number, variable in enumerate(variables):
                    variable.assign(arrays[f"{prefix}{number}"])
    except (ValueError, KeyError) as error:
        raise work_error(file, "the checkpoint cannot be read", error, "start a new run") from error


def _variables(model: Any) -> dict[str, list[Any]]:
    of_metrics = {id(variable) for metric in model.metrics for variable in metric.variables}
    weights = [variable for variable in model.variables if id(variable) not in of_metrics]
    return {"model": weights, "optimizer": model.optimizer.variables}


def copied(model: Any) -> dict[str, Any]:
    """`copies` of the variables of a compiled Keras model and its optimiser, by name."""
    return {
        f"{prefix}{number}": copy
        for prefix, variables in _variables(model).items()
        for number, copy in enumerate(copies(variables))
    }


def copies(variables: list[Any]) -> list[Any]:
    """Arrays that stay as they are when these Keras variables change; on JAX they stay on the device as well."""
    values = [variable.value for variable in variables]
    return [value.copy() if hasattr(value, "devices") else np.asarray(value).copy() for value in values]


def _write_arrays(part: Path, arrays: dict[str, Any]) -> None:
    with part.open("wb") as stream:
        np.savez(stream, **{name: np.asarray(array) for name, array in arrays.items()})  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())


def _settle_history(file: Path, done: Commit | None) -> None:
    lines = file.read_text().splitlines() if file.exists() else []
    if done is None:
        file.unlink(missing_ok=True)
        return
    complete = len(lines) > 1 and file.read_text().endswith("\n")
    last = lines[-1].split(",")[0] if complete else "0" if not lines else ""
    if last == str(done.epoch):
        return
    first = int(done.rows[0]["epoch"])
    if last == str(first - 1):
        with file.open("a", newline="") as table:
            _write_rows(table, done.rows, header=not lines)
        return
    rows = [row for row in csv.DictReader(lines) if row["epoch"].isdigit() and int(row["epoch"]) < first]
    with replace_atomically(file) as part, part.open("w", newline="") as table:
        _write_rows(table, [*rows, *done.rows], header=True)


def _write_rows(table: IO[str], rows: list[dict[str, Any]], header: bool) -> None:
    writer = csv.DictWriter(table, rows[-1])
    if header:
        writer.writeheader()
    writer.writerows(rows)


def _best_part(run: Run, epoch: int) -> Path:
    return run.folder / f"best-{epoch}.part.keras"
