"""Whether a network's cells depend on what it learnt: beside those of randomised weights.

The randomisation test of Adebayo et al. 2018 (arXiv:1810.03292): a map that stays much the same when the weights are
drawn anew shows the film, not what the network learnt of it.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from cxr_core.backend import import_keras, inference_function
from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.inference.decision import fitted_prevalence
from cxr_core.inference.explain.evidence_map import MEAN
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import Model
from cxr_core.publishing.answer_rules import evidence_scale
from cxr_core.publishing.network_outputs import (
    EVIDENCE_LAYER,
    LOGIT_LAYER,
    cells_network,
    layer_of_cells,
    load_keras_network,
)

METHODS = {
    EVIDENCE_LAYER: "The network's own evidence map: the film's answer is pooled from these cells (log-mean-exp). Heat "
    "is tanh(x / 2) of a cell's calibrated log-likelihood ratio x, 0 where it speaks for normal; mean of film and "
    "mirror image.",
    LOGIT_LAYER: "Class activation mapping (Zhou et al. 2016, arXiv:1512.04150): the film's answer is the mean of "
    "these cells. Heat is in proportion to a cell's calibrated log-likelihood ratio x, 0 where it speaks for normal, "
    "and tanh(x / 2) where it is highest; mean of film and mirror image.",
}
POOLINGS = {EVIDENCE_LAYER: "log-mean-exp", LOGIT_LAYER: MEAN}
MOST_RANDOM_CORRELATION = 0.2
FILMS = 40
REINITIALISED, PERMUTED = 8, 4  # draws of each kind
_BATCH = 32


def describe_evidence_map(model: Model, index: Index, validation: pd.DataFrame) -> dict[str, Any] | None:
    """The card's entry `heatmap`; None for a network without cells.

    validation: rows of the index, of the run's validation patients. Raises UnusableFile if `model.keras` is damaged.
    """
    network = load_keras_network(model.weights)
    if layer_of_cells(network) is None:
        return None
    sick = validation[validation["label"] == PNEUMONIA]
    inputs = np.array(cached_inputs(index.root, sick, Preprocessing(**model.card.preprocessing)))
    scale = evidence_scale(Platt(model.card.slope, model.card.intercept), fitted_prevalence(model.card))
    return describe_evidence(network, inputs, scale)


def describe_evidence(network: Any, inputs: np.ndarray, scale: dict[str, float]) -> dict[str, Any]:
    """The card's entry `heatmap` for a network with cells.

    network: a `keras.Model`. inputs: model inputs of pneumonia films of validation patients, `uint8 (N, S, S)`, N >= 1.
    scale: `slope` and `intercept`, see `EvidenceMap`.
    """
    layer = layer_of_cells(network)
    assert layer
    some = inputs[np.linspace(0, len(inputs) - 1, min(FILMS, len(inputs))).astype(int)]
    learnt = _cells(network, some)
    randomised = [reinitialised(network, seed) for seed in range(REINITIALISED)]
    randomised += [permuted(network, seed) for seed in range(PERMUTED)]
    correlations = [float(np.mean(rank_correlations(learnt, _cells(other, some)))) for other in randomised]
    return {
        "method": METHODS[layer],
        "layer": layer,
        "pooling": POOLINGS[layer],
        "places": list(learnt.shape[1:]),
        **scale,
        "randomised": {
            "test": "Spearman's rank correlation of the cells with those of the same network with randomised weights, "
            f"mean over {len(some)} pneumonia films of validation patients: {REINITIALISED} draws anew, then "
            f"{PERMUTED} permutations of each layer's weights. Shown if the mean over these is below the limit.",
            "rank_correlations": correlations,
            "mean": float(np.mean(correlations)),
            "shown_below": MOST_RANDOM_CORRELATION,
        },
        "shown": bool(abs(np.mean(correlations)) < MOST_RANDOM_CORRELATION),
    }


def cells_of(network: Any, inputs: np.ndarray) -> np.ndarray:
    """The cells of a network that has them, `float32 (N, h, w)`, of model inputs `uint8 (N, S, S)`."""
    look = inference_function(cells_network(network))
    parts = [look(inputs[i : i + _BATCH][..., None])[0][..., 0] for i in range(0, len(inputs), _BATCH)]
    return np.concatenate(parts)


def _cells(network: Any, inputs: np.ndarray) -> np.ndarray:
    """`cells_of` for few films, without compiling: faster for a network that is used once."""
    return np.asarray(cells_network(network)(inputs[..., None], training=False))[..., 0]  # type: ignore[misc]


def reinitialised(network: Any, seed: int) -> Any:
    """The same network with its weights drawn anew, as before any training."""
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(network)


def permuted(network: Any, seed: int) -> Any:
    """The same network with each layer's trained weights permuted: their values are kept, what they learnt is not."""
    rng = np.random.default_rng(seed)
    copy = import_keras().models.clone_model(network)
    copy.set_weights([rng.permutation(w.ravel()).reshape(w.shape) for w in network.get_weights()])
    return copy


def rank_correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each film's cells in two maps, `float64 (N,)`; 0 where a map is constant."""
    pairs = zip(one.reshape(len(one), -1), other.reshape(len(other), -1), strict=True)
    found = [spearmanr(a, b).statistic if np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0 for a, b in pairs]
    return np.asarray(found, np.float64)
