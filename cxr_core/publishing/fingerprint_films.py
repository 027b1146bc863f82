"""Fingerprints of the films that a model was trained, validated and tested on, for its folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.fingerprints import KnownFilms, content_number, fingerprints_of
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
from cxr_core.models.training_fingerprints import write_fingerprints
from cxr_core.progress import Progress


def fingerprint_films(folder: Path, table: pd.DataFrame, index: Index, progress: Progress | None = None) -> int:
    """Write `fingerprints.npz` for the films of a split table that the index has; returns their number.

    table: with `sha256`. Raises OSError, or WorkError if the cache of pixel statistics cannot be written.
    """
    used = index.films[index.films["sha256"].isin(set(table["sha256"]))].drop_duplicates("sha256")
    films = replace(index, films=used)
    statistics = compute_pixel_statistics(films, progress)
    contents = np.array([content_number(sha) for sha in films.readable["sha256"]], np.uint64)[statistics.decoded]
    write_fingerprints(folder, KnownFilms(contents, fingerprints_of(statistics.thumbnails[statistics.decoded])))
    return len(contents)
