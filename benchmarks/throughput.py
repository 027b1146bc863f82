"""Training throughput: our fit beside a bare `keras.Model.fit`, and with the Train page open beside without.

    python benchmarks/throughput.py [--films 2048] [--size 64] [--epochs 3]

Both fit the same network with the same augmentation and batch, in this process and by turns; the bare one on arrays
that lie in memory and without a callback, ours from the memory-mapped cache with its reports and commits. Films are
drawn from noise. Each figure is the median of the epochs after the first, which traces the graph.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

BATCH = 32


def main() -> None:
    """Print films a second of both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=2048)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["CXR_HOME"] = home
        rng = np.random.default_rng(0)
        inputs = rng.integers(0, 256, (options.films, options.size, options.size), np.uint8)
        labels = (np.arange(options.films) % 2).astype(np.float32)
        bare, ours = [], []
        for _ in range(2):
            bare.append(bare_fit(inputs, labels, options))
            ours.append(our_fit(inputs, labels, options, Path(home)))
    print(f"bare keras.Model.fit  {median(bare):8.1f} films/s")
    print(f"our fit               {median(ours):8.1f} films/s  ({median(ours) / median(bare):.3f} of it)")


def bare_fit(inputs: np.ndarray, labels: np.ndarray, options: argparse.Namespace) -> float:
    """Films a second of `keras.Model.fit` on arrays in memory."""
    from cxr_core.backend import import_keras

    keras = import_keras()
    from cxr_core.training.network import compiled_network

    model = compiled_network(recipe(options), len(inputs) // BATCH)
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    model.fit(inputs[..., None], labels[:, None], BATCH, options.epochs, verbose=0, callbacks=[clock])
    return options.films / median(np.diff(ends))


def our_fit(inputs: np.ndarray, labels: np.ndarray, options: argparse.Namespace, home: Path) -> float:
    """Films a second of the fit that a run goes through; its few validation films are not counted."""
    from cxr_core.training.batches import FilmBatches
    from cxr_core.training.fit import train
    from cxr_core.training.runs import create_run

    np.save(home / "films.npy", inputs)
    mapped = np.load(home / "films.npy", mmap_mode="r")
    run = create_run(home, "residual-128", recipe(options))
    few = FilmBatches(mapped, labels, np.arange(2), BATCH)
    train(run, recipe(options), mapped, labels, np.arange(len(inputs)), few, {"settings": {}})
    return options.films / run.history()["seconds"].iloc[1:].median()


def recipe(options: argparse.Namespace):
    """Our recipe at the size asked for."""
    from cxr_core.training.recipes import configure

    return configure("residual-128", {"size": str(options.size), "epochs": str(options.epochs), "batch": str(BATCH)})


if __name__ == "__main__":
    main()
