"""Films that come in week by week, for tests of the monitor.

`files/readings.csv` has what the released model said of 300 films, 150 of adults and 150 of children: no names. Dimmed
by half all of them were refused by it.
"""

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np

from cxr_core.hospital.ward.arrival import Measured

A_WEEK = 120
MAKERS = ["Siemens", "Philips", "Fujifilm"]


@lru_cache
def readings() -> list[dict[str, str]]:
    with (Path(__file__).parents[1] / "files" / "readings.csv").open() as stream:
        return list(csv.DictReader(stream))


def drawn(rng: np.random.Generator, count: int, dimmed: float = 0.0) -> list[Measured]:
    """Films drawn with replacement; of them a share is dimmed by half."""
    rows, films = readings(), []
    for row in rng.choice(len(rows), count):
        one, is_dim = rows[row], rng.random() < dimmed
        films.append(
            Measured(
                verdict="not_assessable" if is_dim else one["verdict"],
                logit=None if is_dim else float(one["logit"]),
                brightness=float(one["brightness"]) / (2 if is_dim else 1),
                contrast=float(one["contrast"]) / (2 if is_dim else 1),
                age=float(rng.integers(1, 90)),
                manufacturer=MAKERS[rng.choice(3, p=[0.6, 0.37, 0.03])],
            )
        )
    return films
