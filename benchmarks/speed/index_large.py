"""A data set of 100,000 films: how long each step of the Dataset page takes, and the memory it needs.

    python benchmarks/speed/index_large.py [--films 100000]

The films are made: small JPEGs that differ in a comment. Exits 1 unless every step takes under 2 seconds and the
process stays under 1 GB. The first index, which reads every file, is shown and not limited. The processor's time beside
each tells what an idle machine would take, where this one is busy.
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

import numpy as np
from PIL import Image

from cxr_core.labels import NORMAL, PNEUMONIA

MOST_SECONDS, MOST_BYTES = 2.0, 1e9


def make_films(root: Path, films: int) -> None:
    """Writes `films` JPEGs of different bytes in the Kaggle layout, three to a patient."""
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
    """Make the set, measure each step; 0 if every limit holds."""
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
        make_films(root, options.films)
        _told("first index", lambda: build_index(root))
        index, opened = _told("open again", lambda: build_index(root))
        films = index.films
        wanted = Filters(splits=("train",), labels=(PNEUMONIA,), text="person1", seed=1)
        steps = [
            ("overview", lambda: distribution(films, "kind")),
            ("faults", lambda: find_issues(index)),
            ("filter and shuffle", lambda: chosen_films(films, wanted)),
            ("a page of films", lambda: [thumbnail(root / path, 240) for path in films["path"].iloc[5000:5024]]),
            ("split by patient", lambda: grouped_split(films)),
            ("fingerprint", lambda: index.fingerprint),
        ]
        slowest = max([opened, *(_told(name, step)[1] for name, step in steps)])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{len(films):,} films, slowest step {slowest:.2f} s (at most 2), {memory / 1e9:.2f} GB at most (at most 1)")
    return 0 if slowest < MOST_SECONDS and memory < MOST_BYTES else 1


def _told(name: str, step: Callable):
    begun, worked = time.perf_counter(), time.process_time()
    result = step()
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    print(f"{name:20} {seconds:6.2f} s, of the processor {processor:.2f} s", flush=True)
    return result, seconds


if __name__ == "__main__":
    sys.exit(main())
