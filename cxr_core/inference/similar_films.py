"""Similar films: the films of a data set that are nearest to a film in the network's features."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.files import is_sealed, seal, store_file
from cxr_core.inference.predictor import Predictor
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_BATCH = 256


@dataclass(frozen=True)
class SimilarFilm:
    """A film of the data set: its path relative to the root, its label, patient and distance.

    distance: >= 0, Euclidean, between features standardised over the data set, in units of the median distance between
    two of its films: 1 for two films at random, 0 for the same film.
    """

    path: str
    label: str
    patient: str
    distance: float


class FeatureIndex:
    """One model's features of the films of a data set, to search for nearest neighbours."""

    def __init__(self, predictor: Predictor, index: Index, progress: Progress | None = None) -> None:
        """Computes the features, about 10 ms per film, or reads them from the cache under CXR_HOME.

        Raises UnreadableFilm for a film that became unreadable after indexing, WorkError if they cannot be stored.
        """
        self.films = index.readable
        key = f"{predictor.model.version} {predictor.preprocessing} {index.fingerprint}".encode()
        file = cache_folder("features") / f"{hashlib.sha256(key).hexdigest()[:24]}.npy"
        if not is_sealed(file):
            _fill(file, predictor, index, progress)
        features = np.load(file)
        self._centre, self._scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        self._features = (features - self._centre) / self._scale
        rng = np.random.default_rng(0)
        pairs = rng.integers(0, len(features), (2, 2000))
        distances = np.linalg.norm(self._features[pairs[0]] - self._features[pairs[1]], axis=1)
        self._unit = float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0

    def nearest(self, features: np.ndarray, count: int = 6, leave_out: str = "") -> list[SimilarFilm]:
        """The `count` films nearest to features `float32 (C,)`, nearest first, without the sha256 `leave_out`."""
        distances = np.linalg.norm(self._features - (features - self._centre) / self._scale, axis=1) / self._unit
        distances[(self.films["sha256"] == leave_out).to_numpy()] = np.inf
        order = [i for i in np.argsort(distances, kind="stable")[:count] if np.isfinite(distances[i])]
        rows = self.films.iloc[order]
        return [
            SimilarFilm(str(path), str(label), str(patient), float(distances[i]))
            for i, path, label, patient in zip(order, rows["path"], rows["label"], rows["patient"], strict=True)
        ]


def _fill(file: Path, predictor: Predictor, index: Index, progress: Progress | None) -> None:
    inputs = cached_inputs(index.root, index.readable, predictor.preprocessing, progress)
    parts = []
    for start in range(0, len(inputs), _BATCH):
        parts.append(predictor.features(np.asarray(inputs[start : start + _BATCH])))
        if progress:
            progress(min(start + _BATCH, len(inputs)), len(inputs))
    with store_file(file, "the features of the films") as part:
        with part.open("wb") as stream:
            np.save(stream, np.concatenate(parts))
        seal(part)
