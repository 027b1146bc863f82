"""Training throughput: our fit compared with plain `keras.Model.fit`, and with the Train page open or not.

    python -m benchmarks.speed.throughput [--films 768] [--size 64] [--epochs 4] [--rounds 2] [--page]

All fit the same network with the same augmentation and batch, alternately, in this process: the plain fit on arrays in
memory and without callbacks, ours from the memory-mapped cache, with progress reports and checkpoints. The films are
noise. Each value is the median over the epochs after the first, which traces the graph. With --page a server runs, and
each of our fits is repeated while a Chromium shows it on the Train page. Needs an idle machine.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxr_core.labels import NORMAL, PNEUMONIA

if TYPE_CHECKING:
    from cxr_core.training.recipe_settings import Recipe

BATCH = 32
TIMEOUT_MS = 120_000
Watched = Callable[[], AbstractContextManager[None]]


def main() -> None:
    """Print the films per second of each fit, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=768)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--page", action="store_true", help="also with the Train page open in a browser")
    options = parser.parse_args()
    plain, ours, shown = [], [], []
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ["CXR_HOME"] = home
        rng = np.random.default_rng(0)
        inputs = rng.integers(0, 256, (options.films, options.size, options.size), np.uint8)
        labels = (np.arange(options.films) % 2).astype(np.float32)
        page_open = stack.enter_context(browser_at(Path(home))) if options.page else nullcontext
        for _ in range(options.rounds):
            plain.append(plain_fit(inputs, labels, options))
            ours.append(our_fit(inputs, labels, options, Path(home), nullcontext))
            if options.page:
                shown.append(our_fit(inputs, labels, options, Path(home), page_open))
    print(f"plain keras.Model.fit     {median(plain):8.1f} films/s")
    print(f"our fit                   {median(ours):8.1f} films/s  ({median(ours) / median(plain):.3f} of it)")
    if shown:
        print(f"with the Train page open  {median(shown):8.1f} films/s  ({median(shown) / median(ours):.3f} of ours)")


@contextmanager
def browser_at(home: Path) -> Iterator[Watched]:
    """A server and a Chromium; yields a context manager that keeps the Train page open."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import ARGUMENTS, CHROMIUM
    from tests.support.server import served

    with served(home) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        @contextmanager
        def page_open() -> Iterator[None]:
            tab = browser.new_page()
            tab.goto(f"{address}/train", timeout=TIMEOUT_MS)
            tab.get_by_text(re.compile(r"Epoch \d+ of")).first.wait_for(timeout=TIMEOUT_MS)
            yield
            tab.close()

        yield page_open
        browser.close()


def plain_fit(inputs: np.ndarray, labels: np.ndarray, options: argparse.Namespace) -> float:
    """Films per second of `keras.Model.fit` on arrays in memory."""
    from cxr_core.backend import import_keras_to_train

    keras = import_keras_to_train(recipe(options).widths)
    from cxr_core.training.network import compiled_network

    model = compiled_network(recipe(options), len(inputs) // BATCH)
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    model.fit(inputs[..., None], labels[:, None], BATCH, options.epochs, verbose=0, callbacks=[clock])
    result: float = options.films / median(np.diff(ends))
    return result


def our_fit(inputs: np.ndarray, labels: np.ndarray, options: argparse.Namespace, home: Path, watched: Watched) -> float:
    """Films per second of a run's fit; its few validation films are not counted."""
    from cxr_core.training.fit import KnownFilms, train
    from cxr_core.training.runs import create_run

    np.save(home / "films.npy", inputs)
    mapped = np.load(home / "films.npy", mmap_mode="r")
    run = create_run(home, "residual-128", recipe(options))
    films = pd.DataFrame({"label": np.where(labels == 1, PNEUMONIA, NORMAL), "source": ""})
    known = KnownFilms(films, np.arange(len(inputs)), np.arange(2), np.arange(2), {})
    with watched():
        train(run, recipe(options), mapped, labels, known, {"settings": {}})
    result: float = options.films / run.history()["seconds"].iloc[1:].median()
    return result


def recipe(options: argparse.Namespace) -> "Recipe":
    """Our recipe at the size given in the options."""
    from cxr_core.training.recipes import configure

    return configure("residual-128", {"size": str(options.size), "epochs": str(options.epochs), "batch": str(BATCH)})


if __name__ == "__main__":
    main()
