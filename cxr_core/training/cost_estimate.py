"""Estimates the time and memory of a fit, from a few timed steps in a separate process."""

import math
import sys
import time
from dataclasses import dataclass
from typing import Any

from cxr_core.jobs.call import call_apart
from cxr_core.limits import MEASUREMENT_SECONDS
from cxr_core.training.recipe_settings import Recipe

STEPS = 4
VALIDATION_SHARE = 1 / 3  # of the time of a training step: a forward pass alone


@dataclass(frozen=True)
class CostEstimate:
    """Seconds for one batch, for an epoch with its validation, and for all epochs.

    memory: peak, in bytes: of the steps, and of the copy of weights and optimiser state that a checkpoint needs.
    device: its name. parameters: of the network. layers: for each its name, kind, output shape and parameters.
    """

    seconds_a_step: float
    seconds_an_epoch: float
    seconds: float
    memory: int
    device: str
    parameters: int
    layers: list[dict[str, Any]]


def estimate_cost(recipe: Recipe, train: int, val: int) -> CostEstimate:
    """Time a few steps of the recipe on noise, for `train` training films and `val` validation films.

    A separate process does it, so that its memory can be measured and is released. Raises WorkError if the network
    cannot be built, does not fit into memory, or takes longer than MEASUREMENT_SECONDS.
    """
    cost: CostEstimate = call_apart(f"{__name__}.measure", (recipe, train, val), MEASUREMENT_SECONDS)
    return cost


def measure(recipe: Recipe, train: int, val: int) -> CostEstimate:
    """`estimate_cost` in this process. Raises CXRError if the network cannot be built."""
    import numpy as np

    from cxr_core.accelerator import placement
    from cxr_core.backend import import_keras_to_train

    import_keras_to_train(recipe.widths, recipe.autotuning == "on")
    from cxr_core.training.network import compiled_network

    train = min(train, recipe.subset or train)
    steps = math.ceil(min(recipe.epoch_films or train, train) / recipe.batch)
    rng = np.random.default_rng(0)
    films = rng.integers(0, 256, (recipe.batch, recipe.size, recipe.size, 1), np.uint8)
    labels = np.arange(recipe.batch, dtype=np.float32)[:, None] % 2
    with placement(recipe.device, recipe.gpus) as device:
        model = compiled_network(recipe, steps)
        model.train_on_batch(films, labels)  # traces the graph
        started = time.perf_counter()
        for _ in range(STEPS):
            model.train_on_batch(films, labels)
        step = (time.perf_counter() - started) / STEPS
    checkpoint = sum(math.prod(part.shape) * 4 for part in [*model.variables, *model.optimizer.variables])
    validated = min(recipe.val_films or val, val) / recipe.batch
    epoch = step * (steps + VALIDATION_SHARE * validated)
    return CostEstimate(
        seconds_a_step=step,
        seconds_an_epoch=epoch,
        seconds=epoch * recipe.epochs,
        memory=_peak_memory() + checkpoint,
        device=device,
        parameters=model.count_params(),
        layers=[_row(layer) for layer in model.layers],
    )


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
    return {
        "Layer": layer.name,
        "Kind": type(layer).__name__,
        "Output": " x ".join(str(side) for side in layer.output.shape[1:]),
        "Parameters": layer.count_params(),
    }
