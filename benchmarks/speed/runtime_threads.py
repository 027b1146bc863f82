"""Which threads and which batch read the most films: the choice behind `models/lite_network.py`.

    python -m benchmarks.speed.runtime_threads [--films 96] [--rounds 3]

The released model's converted network on noise: one interpreter with 1, 2 and 4 threads and batches of 1 to 32 films,
then one interpreter of one thread for each core, one film and two at a time. Shown: wall and computing time a film,
least of the rounds. The computing time hardly depends on what else the machine does.
"""

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from cxr_core.models.registry import find_model

THREADS, BATCHES = (1, 2, 4), (1, 2, 4, 8, 32)


def interpreter(threads: int, batch: int, side: int) -> Any:
    """An interpreter of the released model's network for that batch."""
    made = Interpreter(str(find_model().reading_weights), num_threads=threads)
    made.resize_tensor_input(made.get_input_details()[0]["index"], [batch, side, side, 1])
    made.allocate_tensors()
    return made


def run(made: Any, films: np.ndarray, batch: int) -> None:
    """All outputs of all films, batch by batch."""
    (entry,) = (one["index"] for one in made.get_input_details())
    for start in range(0, len(films), batch):
        made.set_tensor(entry, films[start : start + batch])
        made.invoke()
        for one in made.get_output_details():
            made.get_tensor(one["index"])


def milliseconds(work: Callable[[], object], films: int, rounds: int) -> tuple[float, float]:
    """The least wall and computing time a film, after one round that is not counted."""
    times = []
    for _ in range(rounds + 1):
        wall, computing = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - wall, time.process_time() - computing))
    wall, computing = (min(one) / films * 1000 for one in zip(*times[1:], strict=True))
    return wall, computing


def main() -> None:
    """Print one line for each choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=96, help="rounded up to a multiple of the largest batch")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    side = int(find_model().card.preprocessing["size"])
    count = -(-options.films // max(BATCHES)) * max(BATCHES)
    films = np.random.default_rng(0).integers(0, 256, (count, side, side, 1)).astype(np.uint8)
    print(f"{'':44}{'wall, ms a film':>18}{'computing, ms a film':>24}")

    def report(name: str, work: Callable[[], object]) -> None:
        wall, computing = milliseconds(work, count, options.rounds)
        print(f"{name:44}{wall:18.2f}{computing:24.2f}", flush=True)

    for threads in THREADS:
        for batch in BATCHES:
            made = interpreter(threads, batch, side)
            report(f"one interpreter, {threads} threads, batch {batch}", partial(run, made, films, batch))
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:

        def in_all(several: list[Any], parts: list[np.ndarray], batch: int) -> None:
            list(pool.map(run, several, parts, [batch] * cores))

        for batch in (1, 2):
            several = [interpreter(1, batch, side) for _ in range(cores)]
            parts = np.split(films, range(0, count, -(-count // cores // batch) * batch)[1:])
            report(f"{cores} interpreters, 1 thread, batch {batch}", partial(in_all, several, parts, batch))


if __name__ == "__main__":
    main()
