"""The outputs of a Keras network that reading needs, by role: logits, pooled features, and cells if there are any.

Cells are logits of the places of a film from which the film's own logit is pooled.
"""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.backend import import_keras, inference_function, load_network
from cxr_core.models.registry import Model
from cxr_core.models.runtime import ROLES, NetworkOutputs

EVIDENCE_LAYER, LOGIT_LAYER, FEATURES_LAYER = "evidence", "logit", "features"


def load_keras_network(file: Path) -> Any:
    """The Keras network in a file `model.keras` or `best.keras`. Raises UnusableFile if it is damaged or too large."""
    import_keras()
    import cxr_core.training.architectures.evidence_map
    import cxr_core.training.augmentation  # noqa: F401  both register layers that the file names

    return load_network(file)


def layer_of_cells(network: Any) -> str | None:
    """The name of the layer that gives a Keras network's cells; None for a network whose answer is made otherwise.

    It is the layer `evidence` of a network with an evidence map, or the layer `logit` where that is one dense layer on
    the mean of the layer `features` over its cells.
    """
    keras = import_keras()
    names = [layer.name for layer in network.layers]
    if EVIDENCE_LAYER in names:
        return EVIDENCE_LAYER
    *between, last = network.layers[names.index(FEATURES_LAYER) + 1 :]
    pooled = [layer for layer in between if not isinstance(layer, keras.layers.Dropout)]
    only_mean = len(pooled) == 1 and isinstance(pooled[0], keras.layers.GlobalAveragePooling2D)
    linear = isinstance(last, keras.layers.Dense) and last.activation is keras.activations.linear
    return LOGIT_LAYER if only_mean and linear else None


def cells_network(network: Any) -> Any | None:
    """The Keras network from films to its cells `float32 (N, h, w, 1)`; None for a network without any.

    Where the film's logit is a dense layer on the mean of the features, that layer is applied to the features of each
    cell, and the film's logit is the mean of the cells: class activation mapping (Zhou et al. 2016, arXiv:1512.04150).
    """
    name = layer_of_cells(network)
    if name is None:
        return None
    layer = network.get_layer(name)
    cells = layer.output if name == EVIDENCE_LAYER else layer(network.get_layer(FEATURES_LAYER).output)
    return import_keras().Model(network.input, cells)


def reading_network(network: Any) -> Any:
    """The Keras network with the outputs `models.runtime.ROLES`, in that order, the last if it has cells.

    Its features are pooled: `(N, C)`.
    """
    keras = import_keras()
    features = keras.ops.mean(network.get_layer(FEATURES_LAYER).output, axis=(1, 2))
    cells = cells_network(network)
    return keras.Model(network.input, [network.outputs[0], features, *(cells.outputs if cells else ())])


class KerasNetwork:
    """A model's network as Keras runs it, in place of its converted one: to compare the two."""

    def __init__(self, model: Model) -> None:
        """Raises UnusableFile if `model.keras` is damaged."""
        self._run = inference_function(reading_network(load_keras_network(model.weights)))
        self._lock = threading.Lock()

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`."""
        return self.forward(inputs).logits

    def forward(self, inputs: np.ndarray) -> NetworkOutputs:
        """All outputs for model inputs `uint8 (N, S, S)`."""
        with self._lock:
            outputs = self._run(np.ascontiguousarray(inputs)[..., None])
        return NetworkOutputs.of(dict(zip(ROLES, outputs, strict=False)))
