"""Fits the network of one run, in the process that calls it."""

import logging
import math
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.accelerator import films_stay_on_gpu, placement, take_several_steps
from cxr_core.backend import import_keras, import_keras_to_train
from cxr_core.datasets.boxes import Boxes, find_boxes
from cxr_core.datasets.curation import index_with_kept_decisions
from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import write_split
from cxr_core.errors import CXRError, WorkError
from cxr_core.jobs.heartbeat import heartbeat
from cxr_core.jobs.memory import is_out_of_memory
from cxr_core.labels import OTHER, PNEUMONIA
from cxr_core.log import log_surprise
from cxr_core.progress import Progress
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.run_device import hold_device_for
from cxr_core.training.run_records import RunConfig
from cxr_core.training.runs import Run, StopRequested
from cxr_core.training.split_assignment import assign_split, film_weights

_logger = logging.getLogger(__name__)


def fit(
    run: Run,
    *,
    after_epoch: Callable[[int], bool] | None = None,
    data: "TrainingData | None" = None,
    queue: bool = True,
) -> None:
    """Fit the run's network, from its checkpoint if there is one, and write all results into the run folder.

    after_epoch: called with the number of each epoch that is stored; the run pauses, as if stopped, where it is true.
    data: what `read_training_data` gives, if it was read elsewhere. queue: whether it waits for its turn on the device.
    Raises CXRError if the data or the folder cannot be used; the run's message then says why.
    """
    try:
        run.claim("preparing")
        _logger.info("a fit begins")
        recipe = run.config().parsed
        with hold_device_for(run, recipe) if queue else nullcontext(), heartbeat(run.report):
            run.update(status="preparing")
            _fit(run, recipe, data, after_epoch)
    except StopRequested:
        run.update(status="stopped", message="Stopped.")
    except KeyboardInterrupt:
        run.report(status="stopped", message="Interrupted.")
        raise
    except CXRError as error:
        run.report(status="failed", message=str(error))
        raise
    except Exception as error:
        number = log_surprise(_logger, error)
        what = "not expected"
        if is_out_of_memory(error):
            what = "out of memory, a smaller batch or input size needs less"
        what += f" ({type(error).__name__}, error {number}); the log in CXR_HOME/logs says where."
        run.report(status="failed", message=f"The fit failed: {what}")
        raise WorkError(f"the fit failed: {what}", thing=f"run {run.id}") from error
    else:
        shutil.rmtree(run.folder / "backup", ignore_errors=True)
        run.update(status="finished", message="Finished.")
        _logger.info("a fit has finished")


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What a fit needs of its data set besides the decoded films.

    index, boxes: see `datasets`. split: see `assign_split`. films: the rows of the index that are used.
    """

    index: Index
    split: pd.Series
    boxes: Boxes
    films: pd.DataFrame


def read_training_data(run: Run, progress: Progress | None = None) -> TrainingData:
    """Index the run's data, keep today's decisions about films with it, and assign the split. Raises CXRError."""
    config = run.config()
    recipe = config.parsed
    index = index_with_kept_decisions(config.data, run.folder, begins=True, progress=progress)
    split_table = Path(config.split) if config.split else None
    split = assign_split(index, recipe, split_table, config.experiment.split if config.experiment else None)
    films = index.films[split.isin(["train", "val", "test"] if config.experiment else ["train", "val"])]
    if not recipe.other_weight:
        films = films[(films["label"] != OTHER) | (split[films.index] == "val")]
    return TrainingData(index, split, find_boxes(index, Path(config.boxes) if config.boxes else None), films)


def _fit(run: Run, recipe: Recipe, data: TrainingData | None, after_epoch: Callable[[int], bool] | None) -> None:
    config = run.config()
    run.update(message="Indexing the films.")
    data = data or read_training_data(run, _report_progress(run, "Indexing the films"))
    index, split, films = data.index, data.split, data.films
    write_split(index.films, split, run.folder / "split.csv")
    run.update(fingerprint=index.fingerprint, train_films=int((split == "train").sum()), message="Decoding the films.")
    inputs = cached_inputs(index.root, films, recipe.preprocessing(), _report_progress(run, "Decoding the films"))
    labels = (films["label"] == PNEUMONIA).to_numpy(np.float32)
    rows = {name: np.flatnonzero(split[films.index] == name) for name in ("train", "val", "test")}
    validated = np.sort(rows["val"])
    rows["val"] = rows["val"][(films["label"].iloc[rows["val"]] != OTHER).to_numpy()]
    if recipe.val_films:  # chosen once; the films are sorted by class
        rows["val"] = np.random.default_rng(recipe.seed).permutation(rows["val"])

    run.update(message="Loading Keras.")
    import_keras_to_train(recipe.widths, recipe.autotuning == "on")
    from cxr_core.training.batches import FilmBatches

    known = KnownFilms(films, rows["train"], rows["val"], validated, data.boxes)
    with placement(recipe.device, recipe.gpus) as device:
        run.update(device=device)
        model, compiled = train(run, recipe, inputs, labels, known, run_identity(config, index), after_epoch)
    run.report(message="Scoring the validation films with the best epoch.")
    best = run.folder / "best.keras"
    if best.exists():
        model.load_weights(best)
        batches = FilmBatches(inputs, labels, np.sort(rows["val"]), recipe.batch)
        table = films.iloc[np.sort(rows["val"])][["path", "label", "kind", "patient", "sha256", "source"]]
        table.assign(logit=model.predict(batches, verbose=0)[:, 0]).to_csv(run.folder / "validation.csv", index=False)
    if run.stop_requested:
        raise StopRequested
    if config.experiment:
        from cxr_core.training.test_metrics import write_test_metrics

        write_test_metrics(run, compiled, FilmBatches(inputs, labels, rows["test"], recipe.batch), labels[rows["test"]])


@dataclass(frozen=True, eq=False)
class KnownFilms:
    """What is known of the films of a fit, whose rows the model inputs have.

    films: rows of an index. train, val: the rows to train on and to choose the epoch on. validated: `val` and the films
    of neither class that are scored beside them. boxes: see `datasets.boxes`.
    """

    films: pd.DataFrame
    train: np.ndarray
    val: np.ndarray
    validated: np.ndarray
    boxes: Boxes

    @property
    def by_source(self) -> bool:
        """Whether validation distinguishes sources, or a third class."""
        return self.films["source"].nunique() > 1 or len(self.validated) > len(self.val)


def train(
    run: Run,
    recipe: Recipe,
    inputs: np.ndarray,
    labels: np.ndarray,
    known: KnownFilms,
    run_identity: dict[str, Any],
    after_epoch: Callable[[int], bool] | None = None,
) -> tuple[Any, Any]:
    """Fit phase by phase, from the last committed epoch on. A stop ends it without an error. after_epoch: see `fit`.

    Returns the network and the compiled model around it.
    """
    from cxr_core.training.callbacks import KeepBest, OneBehind, PauseAfter, ReportProgress, TensorBoardLog
    from cxr_core.training.checkpoint import last_commit, restore, settle
    from cxr_core.training.network import compile_for, network, phases

    settle(run)
    done = last_commit(run)
    rows = known.train
    steps = math.ceil(min(recipe.epoch_films or len(rows), len(rows)) / recipe.batch)
    model = network(recipe)
    compiled = model_to_train(model, recipe)
    run.update(status="running", steps=steps, parameters=model.count_params())
    epoch = done.epoch if done else 0
    for phase in phases(recipe):
        if epoch >= phase.last or (done and done.best_epoch and done.epoch - done.best_epoch >= recipe.patience):
            continue
        if phase.size != model.inputs[0].shape[1]:
            model = network(replace(recipe, size=phase.size))
            compiled = model_to_train(model, recipe)
        compile_for(compiled, recipe, phase, steps)
        if done and epoch == done.epoch:
            restore(run, compiled, done, with_optimizer=epoch > phase.first or phase.carries_on)
        batches, validation, judge = _batches(run, recipe, inputs, labels, known, model, epoch)
        if batches.steps > 1:
            take_several_steps(compiled, batches.steps)
        keep = KeepBest(run, recipe, run_identity, done, model)
        report = ReportProgress(run, recipe.batch, batches.steps)
        pause = [PauseAfter(run, keep, after_epoch)] if after_epoch else []
        callbacks: Any = [report, *judge, keep, TensorBoardLog(run), *pause]
        if import_keras().backend.backend() == "jax":
            about = {"model": compiled, "epochs": phase.last, "steps": len(batches)}
            callbacks = OneBehind(callbacks, add_history=True, **about)
        try:
            compiled.fit(
                batches,
                validation_data=validation,
                initial_epoch=epoch,
                epochs=phase.last,
                shuffle=False,  # FilmBatches shuffles the films; Keras would also shuffle the batches
                verbose=0,
                callbacks=callbacks,
            )
        except StopRequested:
            break
        finally:
            keep.wait()
        done = last_commit(run)
        epoch = done.epoch if done else epoch
    return model, compiled


def model_to_train(model: Any, recipe: Recipe) -> Any:
    """What is compiled and fitted: a model of the same layers, one that teaches the network's cells as well if any.

    The network itself is never compiled, and so is stored without the optimiser's state.
    """
    from cxr_core.training.architectures.cells import has_cells, taught_network

    if has_cells(model):
        return taught_network(model, recipe.cell_weight)
    return import_keras().Model(model.inputs, model.outputs, name=model.name)


def _batches(
    run: Run, recipe: Recipe, inputs: np.ndarray, labels: np.ndarray, known: KnownFilms, model: Any, epoch: int
) -> tuple[Any, Any, list[Any]]:
    """The training batches; those to validate on, if Keras does it; or the callback that validates by source."""
    from cxr_core.training.architectures.cells import TaughtBatches, boxes_by_row, has_cells, lung_masks
    from cxr_core.training.batches import FilmBatches
    from cxr_core.training.source_validation import ValidateBySource

    side = model.inputs[0].shape[1]
    of_training: dict[str, Any] = {"seed": recipe.seed, "first_epoch": epoch, "size": side}
    of_training |= {
        "films": recipe.epoch_films,
        "draw": recipe.draw,
        "weights": film_weights(known.films, known.train, recipe),
    }
    about = (inputs, labels, known.train, recipe.batch)
    if cells := has_cells(model):
        boxes, taught = boxes_by_row(known.films, known.boxes, recipe.lungs)
        trained = known.train[labels[known.train] > 0]
        lungs = lung_masks(inputs, trained) if recipe.lungs else {}
        batches: FilmBatches = TaughtBatches(*about, boxes=boxes, lungs=lungs, taught=taught, **of_training)
    else:
        batches = FilmBatches(*about, **of_training)
    if recipe.gpus == 1 and films_stay_on_gpu(recipe.device):
        batches.keep_on_device()
    plain = not (cells or known.by_source)
    first = known.val[: recipe.val_films or None]
    run.report(val_pneumonia=float(labels[first].mean()) if plain else 0.5)  # by source, both classes count alike
    if plain:
        return batches, FilmBatches(inputs, labels, known.val, recipe.batch, films=recipe.val_films, size=side), []
    validated = FilmBatches(inputs, labels, known.validated, recipe.batch, size=side)
    of_val = known.films.iloc[known.validated]
    judge = ValidateBySource(run, model, validated, of_val["label"].to_numpy(), of_val["source"].to_numpy())
    return batches, None, [judge]


def run_identity(config: RunConfig, index: Index) -> dict[str, Any]:
    """The settings, split and data that a checkpoint belongs to; a resume requires the same."""
    return {"settings": config.settings, "split": config.split, "fingerprint": index.fingerprint}


def _report_progress(run: Run, activity: str) -> Progress:
    def report(done: int, total: int) -> None:
        if run.stop_requested:
            raise StopRequested
        run.report(message=f"{activity}: {done:,} of {total:,}.")

    return report
