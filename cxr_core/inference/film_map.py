"""The map of a data set: films as points, near where a model's features are alike.

Two methods, both of scikit-learn: principal components, which keep distances, and t-SNE (van der Maaten and Hinton
2008) on the first 50 of them, which keeps neighbours. A large data set is sampled.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.files import is_sealed, seal, store_file
from cxr_core.inference.features import features_of
from cxr_core.inference.predictor import Predictor
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

METHODS = {"pca": "Principal components", "tsne": "Neighbours (t-SNE)"}
MOST_FILMS = {"pca": 6_000, "tsne": 3_000}
SAMPLE = 1_000
"""Films of a first map of more than MOST_FILMS: their features take about 10 ms a film and core."""

NEAR_DUPLICATE, OUTLIER, ORDINARY = "near duplicate", "outlier", "ordinary"
_COMPONENTS = 50
_NEIGHBOURS = 5
_OUTLIERS = 0.01  # the share of films that are farthest from their neighbours
_DUPLICATE = 0.1  # of the median distance to the nearest film


@dataclass(frozen=True, eq=False)
class FilmMap:
    """The map of some films.

    films: rows of the index, N. points: `float32 (N, 2)`. stands_out: `str (N,)`: NEAR_DUPLICATE, whose nearest film is
    nearer than a tenth of the median; OUTLIER, the 1% that are farthest from their fifth neighbour; ORDINARY.
    sampled_from: how many films there were to choose from.
    """

    films: pd.DataFrame
    points: np.ndarray
    stands_out: np.ndarray
    sampled_from: int


def film_map(
    predictor: Predictor, index: Index, method: str, progress: Progress | None = None, sample: int = SAMPLE
) -> FilmMap:
    """The map of the films of an index that can be decoded; of more than MOST_FILMS, that of a sample.

    method: of METHODS. sample: films of the sample, the same on every call; a larger one contains a smaller.
    progress: counts the films whose features are computed. Raises WorkError.
    """
    usable = index.readable
    films = usable
    if len(usable) > MOST_FILMS[method]:
        films = usable.iloc[np.sort(np.random.default_rng(0).permutation(len(usable))[:sample])]
    features = features_of(predictor, index, films, progress)
    decoded = np.isfinite(features).all(axis=1)
    films, features = films[decoded], features[decoded]
    key = f"1 {predictor.model.version} {method} {' '.join(films['sha256'])}".encode()
    file = cache_folder("maps") / f"{hashlib.sha256(key).hexdigest()[:24]}.npy"
    if not is_sealed(file):
        with store_file(file, "the map of the films") as part:
            with part.open("wb") as stream:
                np.save(stream, np.column_stack(place(features, method)))
            seal(part)
    placed = np.load(file)
    names = np.array([ORDINARY, OUTLIER, NEAR_DUPLICATE])
    return FilmMap(films, placed[:, :2].astype(np.float32), names[placed[:, 2].astype(int)], len(usable))


def place(features: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Points `float64 (N, 2)` of features `float32 (N, C)`, and `int (N,)`: 1 for an outlier, 2 for a near duplicate.

    Fewer than three films are placed at the origin.
    """
    if len(features) < 3:
        return np.zeros((len(features), 2)), np.zeros(len(features), int)
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    spread = features.std(axis=0)
    standardised = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    components = min(_COMPONENTS, *standardised.shape)
    reduced = PCA(components, random_state=0).fit_transform(standardised)
    nearest = NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(reduced) - 1)).fit(reduced).kneighbors()[0]
    outlying = np.zeros(len(reduced), int)
    outlying[nearest[:, -1] > np.quantile(nearest[:, -1], 1 - _OUTLIERS)] = 1
    outlying[nearest[:, 0] < _DUPLICATE * np.median(nearest[:, 0])] = 2
    if method == "pca" or components < 2 or not reduced.std():
        return np.pad(reduced, ((0, 0), (0, max(0, 2 - components))))[:, :2], outlying
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(reduced) - 1) / 3)
    points: np.ndarray = TSNE(2, perplexity=perplexity, init="pca", random_state=0).fit_transform(reduced)
    return points, outlying
