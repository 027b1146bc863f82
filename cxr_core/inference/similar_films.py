"""Similar films: the training films that lie nearest to one in the network's own features."""

import hashlib
from dataclasses import dataclass

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.files import store_file
from cxr_core.inference.predictor import Predictor
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_AT_ONCE = 256


@dataclass(frozen=True)
class SimilarFilm:
    """A film of the data set: its path below the root, its label, patient and distance.

    distance: Euclidean, of features scaled by their spread over the data set, divided by the median distance of two of
    its films: 1 is as far as any two films, 0 the same film.
    """

    path: str
    label: str
    patient: str
    distance: float


class FeatureIndex:
    """The features of a data set's films by one model, to look for neighbours in."""

    def __init__(self, reader: Predictor, index: Index, progress: Progress | None = None) -> None:
        """Computes the features, about 10 ms a film, or takes those kept under CXR_HOME for this model and these films.

        Raises UnreadableFilm for a film that went bad since the index, WorkError if the cache cannot be written.
        """
        self.films = index.readable
        key = f"{reader.model.version} {reader.preprocessing} {index.fingerprint}".encode()
        file = cache_folder("features") / f"{hashlib.sha256(key).hexdigest()[:24]}.npy"
        if not file.exists():
            _fill(file, reader, index, progress)
        features = np.load(file)
        self._centre, self._scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        self._features = (features - self._centre) / self._scale
        rng = np.random.default_rng(0)
        pairs = rng.integers(0, len(features), (2, 2000))
        apart = np.linalg.norm(self._features[pairs[0]] - self._features[pairs[1]], axis=1)
        self._unit = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0

    def nearest(self, features: np.ndarray, count: int = 6, leave_out: str = "") -> list[SimilarFilm]:
        """The films nearest to features `float32 (C,)`, nearest first; `leave_out`: the sha256 of the film itself."""
        apart = np.linalg.norm(self._features - (features - self._centre) / self._scale, axis=1) / self._unit
        apart[(self.films["sha256"] == leave_out).to_numpy()] = np.inf
        order = [i for i in np.argsort(apart, kind="stable")[:count] if np.isfinite(apart[i])]
        rows = self.films.iloc[order]
        return [
            SimilarFilm(str(path), str(label), str(patient), float(apart[i]))
            for i, path, label, patient in zip(order, rows["path"], rows["label"], rows["patient"], strict=True)
        ]


def _fill(file, reader: Predictor, index: Index, progress: Progress | None) -> None:
    inputs = cached_inputs(index.root, index.readable, reader.preprocessing, progress)
    parts = []
    for start in range(0, len(inputs), _AT_ONCE):
        parts.append(reader.features(np.asarray(inputs[start : start + _AT_ONCE])))
        if progress:
            progress(min(start + _AT_ONCE, len(inputs)), len(inputs))
    with store_file(file, "what the network saw of the films") as part, part.open("wb") as stream:
        np.save(stream, np.concatenate(parts))
