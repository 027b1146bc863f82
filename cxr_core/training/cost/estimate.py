"""Estimates the time and memory of a fit, from a few timed steps in a separate process.

What was timed on this machine is kept, `caches/costs/KEY.json`: other epochs, films or augmentation need no process.
"""

import hashlib
import math
import platform
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cxr_core import __version__
from cxr_core.errors import DamagedRecord
from cxr_core.jobs.call import call_apart
from cxr_core.limits import MEASUREMENT_SECONDS
from cxr_core.paths import cache_folder
from cxr_core.records import Fields, read_object, write_object
from cxr_core.training.recipe_settings import AUGMENTATION, Recipe

STEPS, STEP_SECONDS = 4, 1.0  # timed: so many steps, or fewer once they have taken so long
VALIDATION_SHARE = 1 / 3  # of the time of a training step: a forward pass alone
_KEPT_SECONDS = 86_400  # then it is timed again: the machine may have been busy
_NO_COST = (
    *("epochs", "learning_rate", "decay", "weight_decay", "label_smoothing", "fine_tune_rate", "patience", "monitor"),
    *("subset", "epoch_films", "val_films", "seed", "draw", "source_power", "other_weight", "contrast", "resize"),
    *(*AUGMENTATION, "smoothing", "class_weights"),
)
"""Settings that change how many steps there are, or nothing that is timed."""


@dataclass(frozen=True)
class NetworkCost:
    """What was timed: seconds for one batch.

    memory: peak, in bytes: of the steps, and of the copy of weights and optimiser state that a checkpoint needs.
    device: its name. parameters: of the network. layers: for each its name, kind, output shape and parameters.
    """

    seconds_a_step: float
    memory: int
    device: str
    parameters: int
    layers: list[dict[str, Any]]


@dataclass(frozen=True)
class CostEstimate(NetworkCost):
    """With the seconds for an epoch with its validation, and for all epochs.

    remembered: whether the steps were timed before, not now.
    """

    seconds_an_epoch: float
    seconds: float
    remembered: bool


def estimate_cost(recipe: Recipe, train: int, val: int) -> CostEstimate:
    """Time and memory of the recipe for `train` training films and `val` validation films.

    A few steps on noise are timed, once a day: a network of the same cost is not timed again. A separate process
    does it, so that its memory can be measured and is released. Raises WorkError if the network cannot be
    built, does not fit into memory, or takes longer than MEASUREMENT_SECONDS.
    """
    measured = known_cost(recipe)
    remembered = measured is not None
    if measured is None:
        measured = call_apart(f"{__name__}.measure", (recipe,), MEASUREMENT_SECONDS)
        file = _file(recipe)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_object(file, asdict(measured))
    epoch = epoch_seconds(recipe, measured.seconds_a_step, train, val)
    return CostEstimate(
        **asdict(measured), seconds_an_epoch=epoch, seconds=epoch * recipe.epochs, remembered=remembered
    )


def epoch_seconds(recipe: Recipe, step: float, train: int, val: int) -> float:
    """Seconds of an epoch with its validation, where a training batch takes `step` seconds."""
    train = min(train, recipe.subset or train)
    steps = math.ceil(min(recipe.epoch_films or train, train) / recipe.batch)
    validated = min(recipe.val_films or val, val) / recipe.batch
    return step * (steps + VALIDATION_SHARE * validated)


def measure(recipe: Recipe) -> NetworkCost:
    """Times the steps in this process. Raises CXRError if the network cannot be built."""
    import numpy as np

    from cxr_core.accelerator import placement
    from cxr_core.backend import import_keras_to_train

    import_keras_to_train(recipe.widths, recipe.autotuning == "on")
    from cxr_core.training.network import compiled_network

    rng = np.random.default_rng(0)
    films = rng.integers(0, 256, (recipe.batch, recipe.size, recipe.size, 1), np.uint8)
    labels = np.arange(recipe.batch, dtype=np.float32)[:, None] % 2
    with placement(recipe.device, recipe.gpus) as device:
        model = compiled_network(recipe, steps=100)
        model.train_on_batch(films, labels)  # traces the graph
        started, done, took = time.perf_counter(), 0, 0.0
        while done < STEPS and took < STEP_SECONDS:
            model.train_on_batch(films, labels)
            done, took = done + 1, time.perf_counter() - started
    checkpoint = sum(math.prod(part.shape) * 4 for part in [*model.variables, *model.optimizer.variables])
    return NetworkCost(
        seconds_a_step=took / done,
        memory=_peak_memory() + checkpoint,
        device=device,
        parameters=model.count_params(),
        layers=[_row(layer) for layer in model.layers],
    )


def _file(recipe: Recipe) -> Path:
    settings = {name: value for name, value in recipe.to_dict().items() if name not in _NO_COST}
    key = f"{__version__} {platform.node()} {settings}".encode()
    return cache_folder("costs") / f"{hashlib.sha256(key).hexdigest()[:24]}.json"


def known_cost(recipe: Recipe) -> NetworkCost | None:
    """What was timed today for a network of the same cost; None if nothing was, or the file is damaged."""
    file = _file(recipe)
    try:
        if time.time() - file.stat().st_mtime > _KEPT_SECONDS:
            return None
        fields = Fields(read_object(file, "the cost of a network"))
        return NetworkCost(
            fields.number("seconds_a_step"),
            fields.whole("memory"),
            fields.text("device"),
            fields.whole("parameters"),
            [row.values for row in fields.parts("layers")],
        )
    except (OSError, DamagedRecord, ValueError):
        return None


def _peak_memory() -> int:
    """The most memory that this process has held, in bytes; what it holds now on a system that does not keep it."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        held = psutil.Process().memory_info()
        return int(getattr(held, "peak_wset", held.rss))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _row(layer: Any) -> dict[str, Any]:
    outputs = layer.output if isinstance(layer.output, list) else [layer.output]
    return {
        "Layer": layer.name,
        "Kind": type(layer).__name__,
        "Output": ", ".join(" x ".join(str(side) for side in output.shape[1:]) for output in outputs),
        "Parameters": layer.count_params(),
    }
