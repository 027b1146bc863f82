"""How long 2,000 bootstrap draws of 5,000 films take, with every statistic of `evaluate`.

    OMP_NUM_THREADS=1 python -m benchmarks.speed.bootstrap_speed

Requirement: under 10 seconds on one core.
"""

import time

import numpy as np
from scipy.special import expit

from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores

FILMS, PATIENTS, DRAWS = 5000, 2500, 2000


def main() -> None:
    """Time one evaluation."""
    rng = np.random.default_rng(0)
    patients = rng.integers(PATIENTS, size=FILMS)
    labels = (rng.random(PATIENTS) < 0.7).astype(int)[patients]
    scores = Scores(labels, expit(2 * rng.normal(size=FILMS) + 3 * labels - 1), patients)
    wall_start, cpu_start = time.perf_counter(), time.process_time()
    estimates = evaluate(scores, threshold=0.5, draws=DRAWS).estimates
    wall, cpu = time.perf_counter() - wall_start, time.process_time() - cpu_start
    print(
        f"{DRAWS:,} draws of {FILMS:,} films, {len(estimates)} estimates: "
        f"{wall:.1f} s wall-clock time, {cpu:.1f} s processor time"
    )


if __name__ == "__main__":
    main()
