"""The Dataset page's steps on a data set of 100,000 rows: processor time of each, and memory.

    python -m benchmarks.load.large_data_set [--films 100000]

Writes the films to a temporary folder: a few synthetic ones, each many times with a comment of its own in the JPEG, so
that every file has other bytes. Indexing, which reads every file once, is shown and not judged. The map computes the
features of its sample only; that, too, is shown.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["CXR_HOME"] = tempfile.mkdtemp(prefix="cxr-large-")  # before the package looks for its home

import cv2
import numpy as np

from cxr_core.app.dataset.charts import distribution
from cxr_core.app.dataset.decisions import exported
from cxr_core.app.dataset.films import Filters, chosen_films, films_by_mark, notes_of
from cxr_core.datasets.curation import change_films, curated, curation_of, undo
from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.issues import find_issues
from cxr_core.datasets.split import grouped_split
from cxr_core.inference.film_map import film_map
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.synthetic_films import with_comment

SIDE = 64


def write_films(folder: Path, films: int) -> None:
    """Write `films` JPEGs of SIDE pixels in the Kaggle layout, two a patient, a quarter of them normal."""
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(64):
        noise = cv2.GaussianBlur(rng.integers(0, 256, (SIDE, SIDE), np.uint8), (0, 0), 4)
        spread = (noise - noise.min()) * (255 / np.ptp(noise))
        pictures.append(cv2.imencode(".jpg", spread.astype(np.uint8))[1].tobytes())
    for number in range(films):
        split = "test" if number % 10 == 0 else "train"
        label, name = ("NORMAL", "IM-{:06}-0001") if number % 4 == 0 else ("PNEUMONIA", "person{}_bacteria_1")
        path = folder / split / label / f"{name.format(number // 2)}-{number}.jpeg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(with_comment(pictures[number % 64], str(number)))


def timed(name: str, step: Callable[[], Any]) -> Any:
    """Run a step and print its processor time and the most memory held so far."""
    started = time.process_time()
    result = step()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{name:44} {time.process_time() - started:6.2f} s   {memory:5.2f} GB", flush=True)
    return result


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--films", type=int, default=100_000)
    count = parser.parse_args().films
    with tempfile.TemporaryDirectory(prefix="cxr-large-") as folder:
        write_films(Path(folder), count)
        index = timed("(index, first time)", lambda: build_index(folder))
        index = timed("index, from the cache", lambda: build_index(folder))
        films = index.films
        timed("counts by split and class", lambda: distribution(films, "label"))
        timed(
            "filter and shuffle", lambda: chosen_films(films, Filters(("test",), ("PNEUMONIA",), text="person", seed=1))
        )
        half = films["sha256"].iloc[: count // 2].tolist()
        timed("exclude half of the films", lambda: change_films(index, "exclude", half, "benchmark"))
        decided = timed("read the decisions", lambda: curation_of(index))
        timed("marks and notes of the films", lambda: (films_by_mark(films, decided, set()), notes_of(decided)))
        timed("the index that training uses", lambda: curated(index))
        timed("table for export", lambda: exported(films, decided).to_csv(index=False))
        timed("undo", lambda: undo(index))
        timed("faults that headers show", lambda: find_issues(index))
        timed("split by patient", lambda: grouped_split(films, (0.7, 0.15, 0.15), 0))
        predictor = Predictor(find_model())
        found = timed("(map, features of its sample)", lambda: film_map(predictor, index, "pca"))
        timed("map, from the cache", lambda: film_map(predictor, index, "pca"))
        print(f"{len(found.films):,} of {found.sampled_from:,} films are on the map")


if __name__ == "__main__":
    main()
