"""The outputs of a Keras network that reading needs, by role: logits, pooled features, the map behind the heatmap."""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.backend import import_keras, inference_function, load_network
from cxr_core.models.registry import Model
from cxr_core.models.runtime import NetworkOutputs

MAX_STRIDE = 16  # of the feature map: input pixels per cell
MAX_CHANNELS = 100  # of the feature map, where the network has such a layer
EVIDENCE_LAYER = "evidence"  # gives the cells that the answer is pooled from, where a network has them


def load_keras_network(file: Path) -> Any:
    """The Keras network in a file `model.keras` or `best.keras`. Raises UnusableFile if it is damaged or too large."""
    import_keras()
    import cxr_core.training.architectures.evidence_map
    import cxr_core.training.augmentation  # noqa: F401  both register layers that the file names

    return load_network(file)


def with_feature_map(network: Any) -> Any:
    """The Keras network with three outputs: logits, the layer named `features`, and the map behind the heatmap.

    The map is that of the layer named `evidence` if there is one, else that of `feature_map_layer`. Keras cannot output
    a layer of a nested backbone directly, so the parts before, within and after it are reconnected.
    """
    keras = import_keras()
    features = network.get_layer("features")
    if any(layer.name == EVIDENCE_LAYER for layer in network.layers):
        cells = network.get_layer(EVIDENCE_LAYER).output
        return keras.Model(network.input, [network.outputs[0], features.output, cells])
    at = next((i for i, layer in enumerate(network.layers) if isinstance(layer, keras.Model)), None)
    if at is None:
        return keras.Model(network.input, [network.outputs[0], features.output, feature_map_layer(network).output])
    backbone = network.layers[at]
    before = keras.Model(network.input, network.layers[at - 1].output)
    within = keras.Model(backbone.input, [backbone.outputs[0], feature_map_layer(backbone).output])
    after = keras.Model(features.input, [network.outputs[0], features.output])
    last, feature_map = within(before(network.input))
    return keras.Model(network.input, [*after(last), feature_map])


def feature_map_layer(network: Any) -> Any:
    """The Keras layer whose output the heatmap is computed from.

    It belongs to the coarsest stage with a stride of at most MAX_STRIDE. In that stage it is the last layer of at most
    MAX_CHANNELS channels, or the last layer if all have more. On EfficientNet-Lite0, the only network tested, later
    and wider layers of the stage find fewer opacities.
    """
    least = network.inputs[0].shape[1] / MAX_STRIDE
    padding = import_keras().layers.ZeroPadding2D
    layers = [layer for layer in network.layers if not isinstance(layer, padding)]
    outputs = [(layer, layer.output.shape) for layer in layers if len(layer.output.shape) == 4]
    fewest = min(shape[1] for _, shape in outputs if shape[1] >= least)
    stage = [layer for layer, shape in outputs if shape[1] == fewest]
    return ([layer for layer in stage if layer.output.shape[3] <= MAX_CHANNELS] or stage)[-1]


def reading_network(network: Any) -> Any:
    """The Keras network with the outputs `models.runtime.ROLES`, in that order, for conversion.

    Its features are pooled: `(N, C)`.
    """
    keras = import_keras()
    outputs = with_feature_map(network)
    logits, features, feature_map = outputs.outputs
    if len(features.shape) == 4:
        features = keras.ops.mean(features, axis=(1, 2))
    return keras.Model(outputs.input, [logits, features, feature_map])


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
            logits, features, feature_map = self._run(np.ascontiguousarray(inputs)[..., None])
        return NetworkOutputs(logits[:, 0], features, feature_map)
