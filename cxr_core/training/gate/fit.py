"""Fit the gate: its network, and from what distance a picture counts as far from every training film."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.backend import import_keras
from cxr_core.imaging.gate_input import gate_input, stretched_greys

EPOCHS = 10
VIEWS_REFUSED = 0.005  # share of other machines' views of limit patients that each limit may refuse
MOST_PROBABILITY = 0.15
# Room for bodies that no view of a child's film stands in for: the one adult film at hand lies up to a third beyond.
DISTANCE_ROOM = 1.35


@dataclass(frozen=True, eq=False)
class FittedGate:
    """The fitted network and its limits.

    network: `uint8 (N, SIDE, SIDE, 1)` to logits. mean `float64 (C,)` and whitening `float64 (C, C)`: the distance of a
    picture with features f is the length of (f - mean) @ whitening (Mahalanobis; Lee et al. 2018, arXiv:1807.03888).
    min_probability: a picture is taken for a frontal film from this probability. max_distance: and up to this distance.
    """

    network: Any
    mean: np.ndarray
    whitening: np.ndarray
    min_probability: float
    max_distance: float


def fit_gate(pictures, limit_films: list[np.ndarray], steps: int, seed: int, say: Callable[[str], None]) -> FittedGate:
    """Fit the network to random views of `pictures` (a `batches.Pictures`), the limits on films of other patients."""
    keras = import_keras()
    from cxr_core.training.gate.batches import GateBatches
    from cxr_core.training.gate.network import build

    network = build(seed, steps)
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: say(f"part {epoch + 1} of {EPOCHS}: loss {logs['loss']:.3f}")
    )
    batches = GateBatches(pictures, steps // EPOCHS, seed)
    network.fit(batches, epochs=EPOCHS, verbose=0, callbacks=[told])

    rng = np.random.default_rng(seed + 1)
    features, _ = sort(network, _films_and_views(pictures.films, rng))
    mean, whitening = _gaussian(features)
    views = _views(limit_films, rng)
    features, frontal = sort(network, views)
    distances = np.linalg.norm((features - mean) @ whitening, axis=1)
    return FittedGate(
        network,
        mean,
        whitening,
        min_probability=min(MOST_PROBABILITY, float(np.quantile(frontal, VIEWS_REFUSED))),
        max_distance=DISTANCE_ROOM * float(np.quantile(distances, 1 - VIEWS_REFUSED)),
    )


def sort(network, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    """Mean and whitening of features, the covariance shrunk a little towards a sphere so that it can be inverted."""
    covariance = np.cov(features.T)
    covariance += 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(covariance)
    return features.mean(axis=0), vectors / np.sqrt(values)
