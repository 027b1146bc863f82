"""Compares the preparation of a data set for training, by our cache and by the notebook's loop, on the same films.

    python -m benchmarks.speed.preparation ../shared/data/chest_xray [--repeat 1]
    python -m benchmarks.speed.preparation ../shared/data/chest_xray_full_size

The notebook: cv2.imread, resize to 224, BGR to RGB, float32 / 255, append, np.array. Ours: `build_index`, which reads
and hashes every file, and `cached_inputs` at 224 pixels; then the same after indexing, which the Dataset page does
first; then from the cache. Each runs in a process of its own. Its median wall time, CPU time and peak memory are
printed, and the median ratios to the notebook in the same round. Each process first prepares four films in another
folder, so that imports and first calls are not measured.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from cxr_core.labels import NORMAL, PNEUMONIA

SIZE = 224
ROWS = ("notebook", "ours", "ours, after indexing", "ours, from the cache")
IDLE_SECONDS = 0.2  # before measuring: the threads of NumPy and SciPy spin for about 0.1 s after their import


def notebook(data: Path) -> int:
    """The preparation of a widely copied notebook; the number of films."""
    import cv2
    import numpy as np

    films, labels = [], []
    for label in (NORMAL, PNEUMONIA):
        for file in sorted((data / "train" / label).iterdir()):
            image: Any = cv2.imread(str(file))
            image = cv2.resize(image, (SIZE, SIZE))
            image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            films.append(image.astype(np.float32) / 255.0)
            labels.append(int(label == PNEUMONIA))
    array = np.array(films)
    return len(array)


def ours(data: Path) -> int:
    """Index and cache, as for training; the number of films."""
    from cxr_core.datasets.index import build_index
    from cxr_core.datasets.input_cache import cached_inputs
    from cxr_core.imaging.preprocessing import Preprocessing

    index = build_index(data)
    films = index.films[(index.films["split"] == "train") & (index.films["fault"] == "")]
    return len(cached_inputs(index.root, films, Preprocessing(SIZE)))


def measure(way: str, data: Path, home: str) -> tuple[float, float, float, int]:
    """Seconds, CPU seconds, peak memory in MB and number of films of `way`, "notebook" or "ours", in a new process."""
    command = [sys.executable, "-m", "benchmarks.speed.preparation", str(data), "--way", way]
    process = subprocess.run(command, env=os.environ | {"CXR_HOME": home}, capture_output=True, text=True, check=True)
    found = json.loads(process.stdout)
    return found["seconds"], found["cpu"], found["megabytes"], found["films"]


def run_one(way: str, data: Path) -> None:
    """Measures `way` in this process after a first call on four films, and prints the result as JSON."""
    prepare = notebook if way == "notebook" else ours
    with tempfile.TemporaryDirectory() as folder:
        for label in (NORMAL, PNEUMONIA):
            target = Path(folder, "train", label)
            target.mkdir(parents=True)
            for file in sorted((data / "train" / label).iterdir())[:2]:
                shutil.copy(file, target)
        prepare(Path(folder))
    time.sleep(IDLE_SECONDS)
    start, cpu_start = time.perf_counter(), time.process_time()
    films = prepare(data)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": peak, "films": films}))


def main() -> None:
    """Prints the measurements of each way, and their ratios to the notebook's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--way", choices=["notebook", "ours"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        return run_one(options.way, options.data)
    rows: dict[str, list[tuple[float, float, float, int]]] = {name: [] for name in ROWS}
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as home:
            for name in ROWS:
                if name == "ours, after indexing":
                    shutil.rmtree(Path(home, "caches", "films"))
                rows[name].append(measure("notebook" if name == "notebook" else "ours", options.data, home))
    for name, measured in rows.items():
        seconds, cpu, megabytes, films = (median(column) for column in zip(*measured, strict=True))
        rounds = list(zip(measured, rows["notebook"], strict=True))
        time_share, memory_share = (median(one[i] / base[i] for one, base in rounds) for i in (0, 2))
        print(
            f"{name:20} {films:6,.0f} films {seconds:8.2f} s ({time_share:5.3f}), CPU {cpu:6.2f} s  "
            f"{megabytes:8,.0f} MB ({memory_share:5.3f})"
        )


if __name__ == "__main__":
    main()
