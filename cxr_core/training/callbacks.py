"""Keras callbacks that write the progress of a fit into its run folder."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import psutil

from cxr_core.accelerator import device_memory
from cxr_core.backend import event_log
from cxr_core.errors import WorkError
from cxr_core.training.batch_history import BatchHistory
from cxr_core.training.checkpoint import Commit, commit, copied, copies
from cxr_core.training.network import METRICS
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.runs import Run, StopRequested

SECONDS_BETWEEN_REPORTS = 0.25
COMPILING = "Compiling the network for this device; the first batch takes a minute or more on a GPU."


class OneBehind(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Callbacks that are told of a batch once the next one is given to the device, and of an epoch's last at once.

    Keras waits for a batch's figures before it tells them: on JAX, the device would be idle until it has the next.
    """

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._untold: tuple[Any, ...] | None = None
        super().on_epoch_begin(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        untold, self._untold = self._untold, (batch, logs)
        if untold:
            super().on_train_batch_end(*untold)
        if batch + 1 == self.params["steps"]:
            super().on_train_batch_end(batch, logs)


class ReportProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes epoch, step and metrics to `state.json` and `batches.csv`; ends the fit when a stop was requested.

    batch: films of a step. steps: how many of them Keras counts as one batch. Within an epoch it leaves `self.model`
    alone, for which Keras on JAX would fetch every variable.
    """

    def __init__(self, run: Run, batch: int, steps: int) -> None:
        super().__init__()
        self._run, self._batch, self._steps, self._reported = run, batch, steps, 0.0
        self._batches = BatchHistory(run)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._compiling = True
        self._run.report(compiling=True, message=COMPILING, learning_rate=_learning_rate(self.model))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._began, self._epoch = time.time(), epoch + 1
        self._batches.begin(self._epoch)
        self._run.report(epoch=self._epoch, step=0, validating=False)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._run.stop_requested:
            raise StopRequested

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = time.time()
        if self._compiling:
            self._compiling, self._reported = False, 0.0
            self._run.report(compiling=False, message="Training.")
        if now - self._reported >= SECONDS_BETWEEN_REPORTS:
            self._reported = now
            metrics = {name: float(logs[name]) for name in METRICS if logs and name in logs}
            self._batches.add(self._epoch, batch + 1, self.params["steps"], metrics)
            self._run.report(
                step=(batch + 1) * self._steps,
                films_per_second=(batch + 1) * self._steps * self._batch / (now - self._began),
                memory=psutil.Process().memory_info().rss,
                device_memory=device_memory(),
                **metrics,
            )

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._run.report(validating=True)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._run.stop_requested:
            raise StopRequested


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]
    """Commits each epoch, stores the best by the recipe's monitor, and ends a run that has stopped improving.

    Epochs are stored in a thread of its own while the next one trains: one that ends while another is being stored is
    stored with the newest that has ended by then. An error of it is raised by the next batch or by `wait`.
    network: the one that is stored. Epochs with smaller films (see `network.phases`) are never the best.
    """

    def __init__(
        self, run: Run, recipe: Recipe, run_identity: dict[str, Any], done: Commit | None, network: keras.Model
    ) -> None:
        super().__init__()
        self._run, self._recipe, self._run_identity, self._network = run, recipe, run_identity, network
        self._sign = -1.0 if recipe.monitor == "val_loss" else 1.0
        self._best = done.best if done else float("-inf")
        self._best_epoch = done.best_epoch if done else 0
        self._thread = ThreadPoolExecutor(1)
        self._storing: list[Future[None]] = []
        self._lock = threading.Lock()
        self._ended: list[_Ended] = []
        self._failed = False

    def wait(self) -> None:
        """Return when all epochs that have ended are stored. Raises what their storing raised."""
        while self._storing:
            self._storing.pop(0).result()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        while self._storing and self._storing[0].done():
            self._storing.pop(0).result()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._began = time.time()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        logs["learning_rate"] = _learning_rate(self.model)
        row = {"epoch": epoch + 1} | {name: float(value) for name, value in logs.items()}
        before, self._began = self._began, time.time()
        row["seconds"] = round(self._began - before, 2)  # from end to end, what is between epochs included
        if not math.isfinite(row["loss"]):
            raise WorkError(
                f"The loss of epoch {epoch + 1} is not a finite number", accepted="a smaller learning rate may help"
            )
        score = self._sign * row[self._recipe.monitor]
        whole = epoch >= self._recipe.small_epochs
        improved = whole and (score > self._best or not self._best_epoch)
        if improved:
            self._best, self._best_epoch = score, epoch + 1
        self._run.report(validating=False, learning_rate=row["learning_rate"])
        done = Commit(epoch + 1, row, self._best_epoch, self._best, self._run_identity)
        ended = _Ended(done, copied(self.model), copies(self._network.variables) if improved else [])
        with self._lock:
            self._ended = [*(one.before(ended) for one in self._ended), ended]
        self._storing.append(self._thread.submit(self._store))
        self.model.stop_training = whole and epoch + 1 - self._best_epoch >= self._recipe.patience

    def _store(self) -> None:
        with self._lock:
            ended, self._ended = self._ended, []
        if self._failed or not ended:
            return
        best = next((one for one in ended if one.best), None)
        done = replace(ended[-1].done, earlier=[one.done.row for one in ended[:-1]])
        weights = list(zip(self._network.variables, best.best, strict=True)) if best else []
        self._failed = True  # until it is stored: a later epoch must not be, without this one
        commit(self._run, done, ended[-1].state, partial(_save, self._network, weights) if best else None)
        self._failed = False
        if best:
            self._run.report(best_epoch=best.done.epoch, best_val_auc=best.done.row["val_auc"])
        for row in done.rows:
            print(" ".join(f"{name} {value:.5g}" for name, value in row.items()), flush=True)


@dataclass(frozen=True)
class _Ended:
    """An epoch that is not stored yet. state: see `checkpoint.copied`. best: the weights of a new best network."""

    done: Commit
    state: dict[str, Any]
    best: list[Any]

    def before(self, newer: "_Ended") -> "_Ended":
        """What is still needed of it once a newer epoch has ended: its weights, unless the newer ones are better."""
        return replace(self, state={}, best=[] if newer.best else self.best)


def _save(network: keras.Model, weights: list[tuple[Any, Any]], file: Path) -> None:
    """Save a network with these values of its variables, which may be training meanwhile."""
    with keras.StatelessScope(initialize_variables=False) as scope:
        for variable, value in weights:
            scope.add_update((variable, np.asarray(value)))
        network.save(file)


class PauseAfter(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the fit after an epoch is stored, as if a stop was requested, where a function of its number says so."""

    def __init__(self, run: Run, keep: KeepBest, pauses: Callable[[int], bool]) -> None:
        super().__init__()
        self._run, self._keep, self._pauses = run, keep, pauses

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._keep.wait()
        if self._pauses(epoch + 1):
            (self._run.folder / "stop").touch()
            raise StopRequested


class TensorBoardLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Appends each epoch to `tensorboard/` in the run folder, for `tensorboard --logdir runs`. It comes
    after `KeepBest`, which adds the learning rate.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._write = {part: event_log(run.folder / "tensorboard" / part) for part in ("train", "validation")}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        validated = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        trained = {name: value for name, value in logs.items() if not name.startswith("val_")}
        self._write["train"](epoch + 1, trained)
        self._write["validation"](epoch + 1, validated)


def _learning_rate(model: keras.Model) -> float:
    return float(model.optimizer.learning_rate)
