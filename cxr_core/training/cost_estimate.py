"""What a training will cost, from a few timed steps of it in a process of their own.

python -m cxr_core.training.cost_estimate SETTINGS.json FILMS_TO_TRAIN FILMS_TO_VALIDATE      prints a JSON document
"""

import json
import math
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from cxr_core.errors import WorkError
from cxr_core.paths import REPOSITORY
from cxr_core.training.recipe_settings import Recipe, recipe_from_dict

STEPS = 4
SECONDS_AT_MOST = 240
VALIDATION_SHARE = 1 / 3  # a forward pass against forward, backward and update


@dataclass(frozen=True)
class CostEstimate:
    """Seconds for one batch, an epoch (validation included) and all epochs; peak memory in bytes; the device in words.

    memory: that of the steps, and of a copy of weights and optimiser's moments, as an epoch's end writes them down.
    layers: one row a layer: name, kind, shape of its output, parameters.
    """

    seconds_a_step: float
    seconds_an_epoch: float
    seconds: float
    memory: int
    device: str
    parameters: int
    layers: list[dict[str, Any]]


def estimate_cost(recipe: Recipe, train: int, val: int) -> CostEstimate:
    """Time a few steps of the recipe on noise, for that many films to train and to validate on.

    A process of its own does it: its memory is measured, and what it takes is given back. Raises WorkError, with the
    sentence that the process ended with, if the network cannot be built or does not fit into memory.
    """
    command = [
        sys.executable,
        "-m",
        "cxr_core.training.cost_estimate",
        json.dumps(recipe.to_dict()),
        str(train),
        str(val),
    ]
    try:
        ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=SECONDS_AT_MOST)
    except subprocess.TimeoutExpired as error:
        raise WorkError(f"The estimate took over {SECONDS_AT_MOST} s; this training is very slow here.") from error
    if ended.returncode < 0:
        raise WorkError("The estimate was ended by the system, most likely out of memory; a smaller batch needs less.")
    if ended.returncode:
        raise WorkError(ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "The estimate failed.")
    return CostEstimate(**json.loads(ended.stdout))


def measure(recipe: Recipe, train: int, val: int) -> CostEstimate:
    """`estimate_cost`, in this process. Raises CXRError if the network cannot be built."""
    import resource

    import numpy as np

    from cxr_core.backend import device_name, import_keras_to_train, placement

    import_keras_to_train(recipe.widths)
    from cxr_core.training.network import compiled_network

    train = min(train, recipe.subset or train)
    steps = math.ceil(min(recipe.epoch_films or train, train) / recipe.batch)
    rng = np.random.default_rng(0)
    films = rng.integers(0, 256, (recipe.batch, recipe.size, recipe.size, 1), np.uint8)
    labels = np.arange(recipe.batch, dtype=np.float32)[:, None] % 2
    with placement(recipe.device, recipe.gpus) as device:
        model = compiled_network(recipe, steps)
        model.train_on_batch(films, labels)  # traces the graph
        began = time.perf_counter()
        for _ in range(STEPS):
            model.train_on_batch(films, labels)
        step = (time.perf_counter() - began) / STEPS
    written = sum(math.prod(part.shape) * 4 for part in [*model.variables, *model.optimizer.variables])
    validated = min(recipe.val_films or val, val) / recipe.batch
    epoch = step * (steps + VALIDATION_SHARE * validated)
    return CostEstimate(
        seconds_a_step=step,
        seconds_an_epoch=epoch,
        seconds=epoch * recipe.epochs,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + written,
        device=device or device_name(),
        parameters=model.count_params(),
        layers=[_row(layer) for layer in model.layers],
    )


def _row(layer) -> dict[str, Any]:
    return {
        "Layer": layer.name,
        "Kind": type(layer).__name__,
        "Output": " x ".join(str(side) for side in layer.output.shape[1:]),
        "Parameters": layer.count_params(),
    }


if __name__ == "__main__":
    from contextlib import redirect_stdout

    from cxr_core.errors import CXRError

    try:
        with redirect_stdout(sys.stderr):
            found = measure(recipe_from_dict(json.loads(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))
    except CXRError as error:
        sys.exit(str(error))
    print(json.dumps(found.__dict__))
