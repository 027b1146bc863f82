"""Similar films: the films of a data set that are nearest to a film in the network's features."""

from dataclasses import dataclass

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.inference.features import features_of
from cxr_core.inference.predictor import Predictor
from cxr_core.progress import Progress


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

        Films that cannot be decoded are left out. Raises WorkError if the features cannot be stored.
        """
        self.films = index.readable
        features = features_of(predictor, index, self.films, progress)
        decoded = np.isfinite(features).all(axis=1)
        self.films, features = self.films[decoded], features[decoded]
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
