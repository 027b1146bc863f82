"""Measures the time and memory of each step of the Dataset page on a data set of 100,000 films.

    python benchmarks/speed/index_large.py [--films 100000]

The films are small generated JPEGs that differ in a comment. Exits with 1 unless every step takes less than 2 seconds
and the process less than 1 GB. The first index, which reads every file, has no limit. The CPU time is printed as well:
it depends less on other load of the machine.
"""

import argparse
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from cxr_core.labels import NORMAL, PNEUMONIA

MOST_SECONDS, MOST_BYTES = 2.0, 1e9

Result = TypeVar("Result")


def write_films(root: Path, films: int) -> None:
    """Writes `films` JPEGs with different bytes in the Kaggle layout, three per patient."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((64, 64)).save(buffer, "JPEG")
    jpeg = buffer.getvalue()
    for split in ("train", "val", "test"):
        for label in (NORMAL, PNEUMONIA):
            (root / split / label).mkdir(parents=True)
    for i in range(films):
        split = ("train", "train", "train", "val", "test")[i // 3 % 5]
        normal = i // 3 % 4 == 0
        name = f"NORMAL/IM-{i // 3}-{i}.jpeg" if normal else f"PNEUMONIA/person{i // 3}_virus_{i}.jpeg"
        comment = b"\xff\xfe\x00\x0a" + f"{i:08}".encode()
        (root / split / name).write_bytes(jpeg[:2] + comment + jpeg[2:])


def main() -> int:
    """Writes the data set and measures each step; 0 if every limit holds."""
    parser = argparse.ArgumentParser(description="Time the Dataset page's steps on a large set.")
    parser.add_argument("--films", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["CXR_HOME"] = f"{scratch}/home"
        from cxr_core.app.dataset.charts import distribution
        from cxr_core.app.dataset.films import Filters, chosen_films
        from cxr_core.datasets.index import build_index
        from cxr_core.datasets.quality.issues import find_issues
        from cxr_core.datasets.split import grouped_split
        from cxr_core.imaging.thumbnails import thumbnail

        root = Path(scratch) / "set"
        write_films(root, options.films)
        _timed("first index", lambda: build_index(root))
        index, seconds = _timed("open again", lambda: build_index(root))
        films = index.films
        wanted = Filters(splits=("train",), labels=(PNEUMONIA,), text="person1", seed=1)
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("overview", lambda: distribution(films, "kind")),
            ("faults", lambda: find_issues(index)),
            ("filter and shuffle", lambda: chosen_films(films, wanted)),
            ("a page of films", lambda: [thumbnail(root / path, 240) for path in films["path"].iloc[5000:5024]]),
            ("split by patient", lambda: grouped_split(films)),
            ("fingerprint", lambda: index.fingerprint),
        ]
        slowest = max([seconds, *(_timed(name, step)[1] for name, step in steps)])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{len(films):,} films, slowest step {slowest:.2f} s (limit 2), peak memory {memory / 1e9:.2f} GB (limit 1)")
    return 0 if slowest < MOST_SECONDS and memory < MOST_BYTES else 1


def _timed(name: str, step: Callable[[], Result]) -> tuple[Result, float]:
    """The result of `step` and its seconds, which are printed."""
    start, cpu_start = time.perf_counter(), time.process_time()
    result = step()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    print(f"{name:20} {seconds:6.2f} s, CPU {cpu:.2f} s", flush=True)
    return result, seconds


if __name__ == "__main__":
    sys.exit(main())
