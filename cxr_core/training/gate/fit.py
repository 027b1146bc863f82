"""Fits the gate: its network, and the limits of probability and distance beyond which a picture is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cxr_core.backend import import_keras
from cxr_core.imaging.gate_input import gate_input, stretched_greys

if TYPE_CHECKING:
    from cxr_core.training.gate.batches import Pictures

EPOCHS = 10
VIEWS_REFUSED = 0.005  # fraction of the frontal views of the limit patients that each limit may refuse
MAX_MIN_PROBABILITY = 0.15
# Adults differ from all views of children's films: the one adult film at hand is up to a third beyond the limit.
DISTANCE_MARGIN = 1.35


@dataclass(frozen=True, eq=False)
class FittedGate:
    """The fitted network and its limits.

    network: `uint8 (N, SIDE, SIDE, 1)` to logits. mean `float64 (C,)` and whitening `float64 (C, C)`: the distance of a
    picture with features f is the length of (f - mean) @ whitening (Mahalanobis; Lee et al. 2018, arXiv:1807.03888).
    min_probability, max_distance: a picture is accepted from this probability of a frontal film, up to this distance.
    """

    network: Any
    mean: np.ndarray
    whitening: np.ndarray
    min_probability: float
    max_distance: float


def fit_gate(
    pictures: "Pictures", limit_films: list[np.ndarray], steps: int, seed: int, report: Callable[[str], None]
) -> FittedGate:
    """Fit the network to random views of `pictures`, and the limits to films of other patients.

    limit_films: `uint8 (H, W)` each. steps: batches in all. report: called with a message after each of the ten parts.
    """
    keras = import_keras()
    from cxr_core.training.gate.batches import GateBatches
    from cxr_core.training.gate.network import build

    network = build(seed, steps)
    reporting = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: report(f"part {epoch + 1} of {EPOCHS}: loss {logs['loss']:.3f}")
    )
    batches = GateBatches(pictures, steps // EPOCHS, seed)
    network.fit(batches, epochs=EPOCHS, verbose=0, callbacks=[reporting])

    rng = np.random.default_rng(seed + 1)
    features, _ = classify(network, _films_and_views(pictures.films, rng))
    mean, whitening = _gaussian(features)
    views = _views(limit_films, rng)
    features, frontal = classify(network, views)
    distances = np.linalg.norm((features - mean) @ whitening, axis=1)
    return FittedGate(
        network,
        mean,
        whitening,
        min_probability=min(MAX_MIN_PROBABILITY, float(np.quantile(frontal, VIEWS_REFUSED))),
        max_distance=DISTANCE_MARGIN * float(np.quantile(distances, 1 - VIEWS_REFUSED)),
    )


def classify(network: Any, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features `float64 (N, C)` and probability of a frontal film `float64 (N,)` of gate inputs `uint8 (N, S, S)`."""
    keras = import_keras()
    both = keras.Model(network.inputs, [network.get_layer("features").output, network.output])
    features, logits = both.predict(inputs[..., None], verbose=0, batch_size=256)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return features.astype(np.float64), (odds[:, 0] / odds.sum(axis=1)).astype(np.float64)


def _views(films: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    from cxr_core.training.gate.views import frontal

    return np.stack([stretched_greys(frontal(film, rng)) for film in films for _ in range(2)])


def _films_and_views(films: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([np.stack([gate_input(film) for film in films]), _views(films, rng)])


def _gaussian(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and whitening of features; the covariance is regularised so that it can be inverted."""
    covariance = np.cov(features.T)
    covariance += 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(covariance)
    return features.mean(axis=0), vectors / np.sqrt(values)
