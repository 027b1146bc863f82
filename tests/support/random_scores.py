"""Random scores for the tests of `cxr_core.metrics` and `cxr_core.evaluation`, and their CSV file."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.scores import Scores


def random_scores(seed: int, films: int | None = None, films_per_patient: float = 2.0) -> Scores:
    """A random set with both classes; every second seed has ties, every third exact 0 and 1 among its scores."""
    rng = np.random.default_rng(seed)
    films = int(rng.integers(4, 60)) if films is None else films
    patients = rng.integers(max(2, int(films / films_per_patient)), size=films)
    labels = (rng.random(films) < rng.uniform(0.2, 0.8)).astype(int)
    labels[:2] = 0, 1
    scores = expit(2 * rng.normal(size=films) + rng.uniform(0, 3) * labels - 1)
    if seed % 2:
        scores = np.round(scores, 1)
    if seed % 3 == 0:
        scores[rng.integers(films)], scores[rng.integers(films)] = 0.0, 1.0
    return Scores(labels, scores, np.char.add("p", patients.astype(str)))


def write_scores_csv(scores: Scores, path: Path) -> None:
    """Write `file,label,score,patient`; films without a file name are numbered from 1."""
    files = np.arange(1, len(scores) + 1).astype(str) if scores.files is None else scores.files
    names = np.where(scores.labels == 1, PNEUMONIA, NORMAL)
    table = pd.DataFrame({"file": files, "label": names, "score": scores.scores, "patient": scores.patients})
    table.to_csv(path, index=False)
