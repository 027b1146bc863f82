"""Fits the network of one run, in the process that calls it."""

import logging
import math
import shutil
from typing import Any

import numpy as np

from cxr_core.backend import device_name, import_keras_to_train, placement
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import write_split
from cxr_core.errors import CXRError, WorkError
from cxr_core.labels import PNEUMONIA
from cxr_core.log import log_surprise
from cxr_core.progress import Progress
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.run_device import hold_device_for
from cxr_core.training.run_records import RunConfig
from cxr_core.training.runs import Run, StopRequested
from cxr_core.training.split_assignment import assign_split, class_weights

_logger = logging.getLogger(__name__)


def fit(run: Run) -> None:
    """Fit the run's network, from its checkpoint if there is one, and write all results into the run folder.

    Raises CXRError if the data or the folder cannot be used; the run's message then says why.
    """
    try:
        run.claim("preparing")
        _logger.info("a fit begins")
        recipe = run.config().parsed
        with hold_device_for(run, recipe):
            run.update(status="preparing")
            _fit(run, recipe)
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
        what = "out of memory; a smaller batch or input size needs less." if _out_of_memory(error) else "not expected"
        what += f" ({type(error).__name__}, error {number}); the log in CXR_HOME/logs says where."
        run.report(status="failed", message=f"The fit failed: {what}")
        raise WorkError(f"run {run.id}: the fit failed: {what}") from error
    else:
        shutil.rmtree(run.folder / "backup", ignore_errors=True)
        run.update(status="finished", message="Finished.")
        _logger.info("a fit has finished")


def _fit(run: Run, recipe: Recipe) -> None:
    config = run.config()
    run.update(message="Indexing the films.")
    index = build_index(config["data"], _report_progress(run, "Indexing the films"))
    split = assign_split(index, recipe, config.content)
    films = index.films[split.isin(["train", "val", "test"] if config.experiment else ["train", "val"])]
    write_split(index.films, split, run.folder / "split.csv")
    run.update(fingerprint=index.fingerprint, train_films=int((split == "train").sum()), message="Decoding the films.")
    inputs = cached_inputs(index.root, films, recipe.preprocessing(), _report_progress(run, "Decoding the films"))
    labels = (films["label"] == PNEUMONIA).to_numpy(np.float32)
    rows = {name: np.flatnonzero(split[films.index] == name) for name in ("train", "val", "test")}
    if recipe.val_films:  # chosen once; the films are sorted by class
        rows["val"] = np.random.default_rng(recipe.seed).permutation(rows["val"])

    run.update(message="Loading Keras.")
    import_keras_to_train(recipe.widths)
    from cxr_core.training.batches import FilmBatches

    validation = FilmBatches(inputs, labels, rows["val"], recipe.batch, films=recipe.val_films)
    with placement(recipe.device, recipe.gpus) as device:
        run.update(device=device or device_name())
        model = train(run, recipe, inputs, labels, rows["train"], validation, run_identity(config, index))
    run.report(message="Scoring the validation films with the best epoch.")
    best = run.folder / "best.keras"
    if best.exists():
        model.load_weights(best)
        batches = FilmBatches(inputs, labels, np.sort(rows["val"]), recipe.batch)
        table = films.iloc[np.sort(rows["val"])][["path", "label", "kind", "patient", "sha256"]]
        table.assign(logit=model.predict(batches, verbose=0)[:, 0]).to_csv(run.folder / "validation.csv", index=False)
    if run.stop_requested:
        raise StopRequested
    if config.experiment:
        from cxr_core.training.test_metrics import write_test_metrics

        write_test_metrics(run, model, FilmBatches(inputs, labels, rows["test"], recipe.batch), labels[rows["test"]])


def train(
    run: Run,
    recipe: Recipe,
    inputs: np.ndarray,
    labels: np.ndarray,
    rows: np.ndarray,
    validation: Any,
    run_identity: dict[str, Any],
) -> Any:
    """Fit phase by phase, from the last committed epoch on, and return the network. A stop ends it without an error."""
    from cxr_core.training.batches import FilmBatches
    from cxr_core.training.callbacks import KeepBest, ReportProgress, TensorBoardLog
    from cxr_core.training.checkpoint import last_commit, restore, settle
    from cxr_core.training.network import compile_for, network, phases

    settle(run)
    done = last_commit(run)
    steps = math.ceil(min(recipe.epoch_films or len(rows), len(rows)) / recipe.batch)
    model = network(recipe)
    run.update(status="running", steps=steps, parameters=model.count_params(), message="Training.")
    epoch = done.epoch if done else 0
    for phase in phases(recipe):
        if epoch >= phase.last or (done and done.epoch - done.best_epoch >= recipe.patience):
            continue
        compile_for(model, recipe, phase, steps)
        if done and epoch == done.epoch:
            restore(run, model, done, with_optimizer=epoch > phase.first)
        weights = class_weights(labels[rows], recipe)
        batches = FilmBatches(inputs, labels, rows, recipe.batch, weights, recipe.epoch_films, recipe.seed, epoch)
        keep = KeepBest(run, recipe, run_identity, done)
        try:
            model.fit(
                batches,
                validation_data=validation,
                initial_epoch=epoch,
                epochs=phase.last,
                shuffle=False,  # FilmBatches shuffles the films; Keras would also shuffle the batches
                verbose=0,
                callbacks=[ReportProgress(run, recipe.batch), keep, TensorBoardLog(run)],
            )
        except StopRequested:
            break
        done = last_commit(run)
        epoch = done.epoch if done else epoch
    return model


def run_identity(config: RunConfig, index: Index) -> dict[str, Any]:
    """The settings, split and data that a checkpoint belongs to; a resume requires the same."""
    return {"settings": config.settings, "split": config.split, "fingerprint": index.fingerprint}


def _report_progress(run: Run, activity: str) -> Progress:
    def report(done: int, total: int) -> None:
        if run.stop_requested:
            raise StopRequested
        run.report(message=f"{activity}: {done:,} of {total:,}.")

    return report


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
