"""Fits the local evidence behind a model's heatmap to its training films, when the model is published."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.covariance import ShrunkCovariance
from sklearn.decomposition import PCA

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.errors import DataSetError
from cxr_core.files import sha256_of
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.inference.explain.local_evidence import LocalEvidence
from cxr_core.models.registry import Model
from cxr_core.models.runtime import Network

METHOD = (
    "log-likelihood ratio of pneumonia to normal at each cell of an intermediate feature map: "
    "linear discriminant (Fisher 1936) with the covariance of normal films (Defard et al. 2021), shrunk by 0.1, in 32 "
    "principal components of the features"
)
COMPONENTS = 32  # or all, if there are fewer
SHRINKAGE = 0.1
FILMS_FOR_COMPONENTS = 128
MIN_REFERENCE = 1.0  # natural logarithm: a likelihood ratio below e never gives full heat
MAX_FILMS = 500  # of each class
_BATCH = 32


def fit_heatmap(model: Model, index: Index) -> dict[str, Any]:
    """Fit the model's local evidence to its training films, write it to its folder.

    Returns the card's entry `heatmap`. Raises DataSetError as `training_inputs` does.
    """
    network = Network(model)
    normal, pneumonia = training_inputs(model, index)
    fitted = fit_local_evidence(lambda inputs: network.forward(inputs).feature_map, normal, pneumonia)
    fitted.save(model.local_evidence)
    return {
        "method": METHOD,
        "places": list(fitted.offset.shape),
        "fitted_on": f"{len(normal)} normal and {len(pneumonia)} pneumonia films of the training patients",
        "sha256": sha256_of(model.local_evidence),
    }


def training_inputs(model: Model, index: Index) -> tuple[np.ndarray, np.ndarray]:
    """Up to MAX_FILMS training films of the model of each class, normal and pneumonia, as inputs `uint8 (N, S, S)`.

    Raises DataSetError if the data set has fewer than two training films of a class.
    """
    training = index.films[read_split(index.films, model.folder / "split.csv") == "train"]
    if (fewest := min((training["label"] == label).sum() for label in model.card.classes)) < 2:
        raise DataSetError(
            f"{fewest} training films of a class, where a heatmap needs 2", thing=index.root, accepted="restore them"
        )
    preprocessing = Preprocessing(**model.card.preprocessing)
    normal, pneumonia = (
        np.array(cached_inputs(index.root, films.sample(min(len(films), MAX_FILMS), random_state=0), preprocessing))
        for films in (training[training["label"] == label] for label in model.card.classes)
    )
    return normal, pneumonia


def fit_local_evidence(
    feature_map_of: Callable[[np.ndarray], np.ndarray], normal: np.ndarray, pneumonia: np.ndarray
) -> LocalEvidence:
    """Fit the discriminant to films of both classes and their mirror images.

    feature_map_of: model inputs `uint8 (n, S, S)` to their feature maps `float32 (n, h, w, C)`.
    normal, pneumonia: model inputs `uint8 (N, S, S)`, N >= 2 each.
    """
    first = feature_map_of(normal[:FILMS_FOR_COMPONENTS])
    _, height, width, channels = first.shape
    centred = (first - first.mean(axis=0)).reshape(-1, channels)
    pca = PCA(min(COMPONENTS, *centred.shape), random_state=0).fit(centred)

    def feature_maps(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mean feature map, and the feature map of each film in principal components."""
        total, parts = np.zeros_like(first[0], dtype=np.float64), []
        for batch in np.array_split(np.concatenate([films, films[:, :, ::-1]]), range(_BATCH, 2 * len(films), _BATCH)):
            outputs = feature_map_of(batch)
            total += outputs.sum(axis=0)
            parts.append(outputs @ pca.components_.T)
        return (total / (2 * len(films))).astype(np.float32), np.concatenate(parts)

    (centre, of_normal), (_, of_pneumonia) = feature_maps(normal), feature_maps(pneumonia)
    mean = centre @ pca.components_.T
    difference = of_pneumonia.mean(axis=0) - mean
    direction = np.empty_like(difference)
    for row, column in np.ndindex(height, width):
        covariance = ShrunkCovariance(shrinkage=SHRINKAGE).fit(of_normal[:, row, column])
        direction[row, column] = covariance.precision_ @ difference[row, column]
    offset = np.einsum("hwc,hwc->hw", difference, direction) / 2
    ratios = np.einsum("nhwc,hwc->nhw", of_pneumonia - mean, direction) - offset
    reference = float(np.median(ratios.max(axis=(1, 2))))
    direction = (direction @ pca.components_).astype(np.float32)
    return LocalEvidence(centre, direction, offset.astype(np.float32), max(reference, MIN_REFERENCE))
