"""A model's features of films, cached by the films' content, so that a film is computed once in whatever data set."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import luminance
from cxr_core.datasets.unchanged import check_unchanged
from cxr_core.errors import UnreadableFilm
from cxr_core.files import is_sealed, locked, seal, store_file
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_BATCH = 64


def features_of(
    predictor: Predictor, index: Index, films: pd.DataFrame, progress: Progress | None = None
) -> np.ndarray:
    """The features `float32 (N, C)` of films, readable rows of the index, in their order.

    A film that cannot be decoded, or has changed since it was indexed, has NaN. About 10 ms a film and core, and no
    time for films that are cached. progress: counts the films to compute; if it raises, what was computed is cached.
    Raises WorkError if the features cannot be stored.
    """
    file = _cache_file(predictor)
    cached = _read_cache(file)
    known = {} if cached is None else {sha256: row for row, sha256 in enumerate(cached["sha256"].tolist())}
    new = films[[sha256.encode() not in known for sha256 in films["sha256"]]].drop_duplicates("sha256")
    computed: list[tuple[list[str], np.ndarray]] = []
    done = 0
    try:
        for start in range(0, len(new), _BATCH):
            batch = new.iloc[start : start + _BATCH]
            computed += [_compute(predictor, index.root, batch)]
            done += len(batch)
            if progress:
                progress(done, len(new))
    finally:
        if found := [(shas, features) for shas, features in computed if shas]:
            added = np.concatenate([features for _, features in found])
            records = np.zeros(len(added), _record(added.shape[1]))
            records["sha256"] = np.array([sha256 for shas, _ in found for sha256 in shas], "S64")
            records["features"] = added
            cached = _add_to_cache(file, records)
    if cached is None:
        return np.full((len(films), 1), np.nan, np.float32)
    known = {sha256: row for row, sha256 in enumerate(cached["sha256"].tolist())}
    missing = np.full((1, cached["features"].shape[1]), np.nan, np.float32)
    every = np.concatenate([cached["features"], missing])
    rows: np.ndarray = every[[known.get(sha256.encode(), -1) for sha256 in films["sha256"]]]
    return rows


def _compute(predictor: Predictor, root: Path, films: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """The sha256 and features of those films that can be decoded, by one thread a core."""

    def decode(row: tuple[str, str, bool, int, int]) -> np.ndarray | None:
        path, kind, colour, size, modified = row
        try:
            pixels = luminance(root / path, not colour) if kind == "JPEG" else None
            pixels = read_film(root / path).pixels if pixels is None else pixels
            check_unchanged(root / path, int(size), int(modified))
        except UnreadableFilm:
            return None
        return predictor.preprocessing.apply(pixels)

    columns = [films[name].tolist() for name in ("path", "format", "colour", "bytes", "modified")]
    with ThreadPoolExecutor() as pool:
        inputs = list(pool.map(decode, zip(*columns, strict=True)))
    shas = [sha256 for sha256, one in zip(films["sha256"], inputs, strict=True) if one is not None]
    stacked = [one for one in inputs if one is not None]
    return shas, predictor.features(np.stack(stacked)) if stacked else np.zeros((0, 1), np.float32)


def _record(channels: int) -> np.dtype:
    return np.dtype([("sha256", "S64"), ("features", np.float32, (channels,))])


def _cache_file(predictor: Predictor) -> Path:
    key = f"{predictor.model.version} {predictor.preprocessing}".encode()
    return cache_folder("features") / f"by-film-{hashlib.sha256(key).hexdigest()[:24]}.npy"


def _read_cache(file: Path) -> np.ndarray | None:
    """What is cached, `_record (N,)`; None if nothing is, or the file is damaged."""
    records = np.load(file) if is_sealed(file) else None
    return records if records is not None and records.dtype.names == ("sha256", "features") else None


def _add_to_cache(file: Path, records: np.ndarray) -> np.ndarray:
    """Add features to what the file holds now, as another process may have added others; returns all."""
    with locked(file):
        cached = _read_cache(file)
        if cached is not None and cached.dtype == records.dtype:
            records = np.concatenate([cached, records[~np.isin(records["sha256"], cached["sha256"])]])
        with store_file(file, "the features of the films") as part:
            with part.open("wb") as stream:
                np.save(stream, records)
            seal(part)
    return records
