"""Training on a GPU: the first epoch, our fit beside a bare `keras.Model.fit` and the card's own rate, and XCOVNet.

    KERAS_BACKEND=jax python -m benchmarks.speed.gpu_training [--size 224] [--batch 64] [--films 4096]

Each line comes from a process of its own, one after the other, with one new CXR_HOME: the first one compiles on a cold
cache. The films are noise; the network is that of the recipe `released`, or the one that a line names.

first epoch: from the start of the process to its end, importing, building, compiling and storing the epoch included.
our fit: films from the device, augmented there, with reports, validation and checkpoints; median of the epochs
after the first, from the end of one to the end of the next, as for the bare fit.
bare fit: `keras.Model.fit` of the same model on the same arrays, on the device, without callbacks, in the same process.
card: forward and backward pass of the network alone, on random data that stay on the device.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxr_core.labels import NORMAL, PNEUMONIA

if TYPE_CHECKING:
    from cxr_core.training.recipe_settings import Recipe

EPOCHS = 4


def main() -> None:
    """Run each line in a process, or be that process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--films", type=int, default=4096)
    parser.add_argument("--line", choices=LINES, help="only this one, in this process")
    options = parser.parse_args()
    if options.line:
        print(LINES[options.line](options), flush=True)
        return
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"CXR_HOME": home}
        settings = ["--size", str(options.size), "--batch", str(options.batch), "--films", str(options.films)]
        for name, line in (
            ("first epoch, cold cache", "first"),
            ("first epoch, warm cache", "first"),
            *zip(LINES, LINES, strict=True),
        ):
            began = time.perf_counter()
            command = [sys.executable, "-m", "benchmarks.speed.gpu_training", *settings, "--line", line]
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            said = ended.stdout.splitlines()[-1] if ended.returncode == 0 else ended.stderr[-600:]
            print(f"{name:24}  {said}  (process {time.perf_counter() - began:.1f} s)", flush=True)


def _first(options: argparse.Namespace) -> str:
    seconds = _our_fit(_recipe(options, epochs=1), options.films)
    return f"epoch {seconds[0]:.1f} s"


def _rates(options: argparse.Namespace) -> str:
    recipe = _recipe(options)
    ours = options.films / median(_our_fit(recipe, options.films)[1:])
    bare = options.films / median(_bare_fit(recipe, options.films)[1:])
    card = _card(recipe)
    return f"ours {ours:.0f} films/s, bare fit {bare:.0f} ({ours / bare:.2f}), card {card:.0f} ({ours / card:.2f})"


def _single_steps(options: argparse.Namespace) -> str:
    from cxr_core.training import batches

    batches.MOST_STEPS = 1
    return f"{options.films / median(_our_fit(_recipe(options), options.films)[1:]):.0f} films/s"


def _small(options: argparse.Namespace) -> str:
    from cxr_core.training import batches

    recipe, rates = _recipe(options, "yagci-whole-adam", size=min(64, options.size), batch=20), []
    for most in (batches.MOST_STEPS, 1):
        batches.MOST_STEPS = most
        rates.append(options.films / median(_our_fit(recipe, options.films)[1:]))
    return f"{rates[0]:.0f} films/s, one step a call {rates[1]:.0f}"


def _float32(options: argparse.Namespace) -> str:
    recipe = _recipe(options, precision="float32")
    return f"{options.films / median(_our_fit(recipe, options.films)[1:]):.0f} films/s"


def _batch(options: argparse.Namespace) -> str:
    recipe = _recipe(options, batch=2 * options.batch)
    return f"{options.films / median(_our_fit(recipe, options.films)[1:]):.0f} films/s"


def _xcovnet(options: argparse.Namespace) -> str:
    seconds = _our_fit(_recipe(options, "xcovnet", epochs=10, batch=32, patience=10), options.films + 1120, 624)
    return f"first epoch {seconds[0]:.1f} s, then {median(seconds[1:]):.2f} s; ten {sum(seconds):.1f} s"


LINES = {
    "first": _first,
    "rates": _rates,
    "xcovnet": _xcovnet,
    "small": _small,
    "single_steps": _single_steps,
    "float32": _float32,
    "batch": _batch,
}


def _recipe(options: argparse.Namespace, name: str = "released", **settings: Any) -> "Recipe":
    from cxr_core.training.recipes import configure

    chosen = {"size": options.size, "batch": options.batch, "epochs": EPOCHS, "lungs": False} | settings
    if name == "released":
        chosen |= {"epoch_films": 0, "autotuning": "off"}
    return configure(name, {key: str(value) for key, value in chosen.items()})


def _noise(size: int, films: int) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.random.default_rng(0).integers(0, 256, (films, size, size), np.uint8)
    return inputs, (np.arange(films) % 2).astype(np.float32)


def _our_fit(recipe: "Recipe", films: int, validated: int = 2) -> list[float]:
    """The seconds of each epoch of a run's fit on `films` films of noise, the first of which are validated as well."""
    from cxr_core.accelerator import placement
    from cxr_core.backend import import_keras_to_train

    import_keras_to_train(recipe.widths, recipe.autotuning == "on")
    from cxr_core.training.fit import KnownFilms, train
    from cxr_core.training.runs import create_run

    inputs, labels = _noise(recipe.size, films)
    with tempfile.TemporaryDirectory() as folder, placement(recipe.device, recipe.gpus):
        run = create_run(Path(folder), "noise", recipe, None, Path(folder) / "run")
        table = pd.DataFrame({"label": np.where(labels == 1, PNEUMONIA, NORMAL), "source": "", "path": ""})
        known = KnownFilms(table, np.arange(films), np.arange(validated), np.arange(validated), {})
        train(run, recipe, inputs, labels, known, {"settings": {}})
        seconds: list[float] = run.history()["seconds"].tolist()
        return seconds


def _bare_fit(recipe: "Recipe", films: int) -> list[float]:
    import jax
    import keras

    from cxr_core.training.architectures.cells import TaughtBatches
    from cxr_core.training.fit import model_to_train
    from cxr_core.training.network import compile_for, network, phases

    inputs, labels = _noise(recipe.size, films)
    rows = np.arange(films)
    batches = TaughtBatches(
        *(inputs, labels, rows, recipe.batch),
        boxes={},
        lungs={},
        taught=np.ones(films, np.float32),
        weights=np.ones(films, np.float32),
    )
    arrays = jax.device_put(batches.of_rows(rows))
    model = model_to_train(network(recipe), recipe)
    compile_for(model, recipe, phases(recipe)[0], films // recipe.batch)
    ends = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    films_and_masks, answers, weights = arrays
    model.fit(
        films_and_masks,
        answers,
        recipe.batch,
        EPOCHS,
        sample_weight=weights,
        verbose=0,
        callbacks=[clock],
        shuffle=True,
    )
    return list(np.diff(ends))


def _card(recipe: "Recipe", steps: int = 20) -> float:
    """Films a second of forward and backward passes of the network without its augmentation, on the device alone."""
    import jax

    from cxr_core.training.network import network
    from cxr_core.training.recipe_settings import AUGMENTATION

    still: dict[str, Any] = {name: False if name == "flip" else 0.0 for name in AUGMENTATION}
    model = network(replace(recipe, **still))
    films = jax.device_put(_noise(recipe.size, recipe.batch)[0][..., None])
    trained = [variable.value for variable in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]

    def loss(trained: Any, others: Any, films: Any) -> Any:
        outputs, others = model.stateless_call(trained, others, films, training=True)
        return (outputs**2).mean(), others

    step = jax.jit(jax.value_and_grad(loss, has_aux=True))
    float(step(trained, others, films)[0][0])  # compiles, and waits
    began = time.perf_counter()
    for _ in range(steps):
        result = step(trained, others, films)
    float(result[0][0])
    return steps * recipe.batch / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
