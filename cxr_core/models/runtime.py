"""A loaded network: model inputs to logits, features and the feature map behind the heatmap."""

import logging
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.backend import import_keras, inference_function, load_network
from cxr_core.errors import UnusableFile, WorkError
from cxr_core.models.registry import Model

_logger = logging.getLogger(__name__)

BATCH = 32
MAX_STRIDE = 16  # of the feature map: input pixels per cell
MAX_CHANNELS = 100  # of the feature map, where the network has such a layer


@dataclass(frozen=True, eq=False)
class NetworkOutputs:
    """The outputs for N films, all `float32`.

    logits: `(N,)`. features: `(N, C)`, the mean of the layer named `features` over its cells.
    feature_map: `(N, h, w, C)`, see `feature_map_layer`.
    """

    logits: np.ndarray
    features: np.ndarray
    feature_map: np.ndarray


class Network:
    """The network of one model. Safe to share between threads; loading it takes seconds."""

    def __init__(self, model: Model) -> None:
        """Raises WorkError if the model's file is damaged or not the one its card describes."""
        model.check()
        import_keras()
        import cxr_core.training.augmentation  # noqa: F401  registers the layer that model.keras names

        try:
            network = load_network(model.weights)
            self._logits = inference_function(network)
            self._outputs = inference_function(with_feature_map(network))
        except UnusableFile as error:
            raise WorkError(f"model.keras cannot be loaded ({error.problem}).", thing=f"model {model.name}") from error
        except (OSError, ValueError, TypeError) as error:
            raise WorkError(f"model {model.name}: model.keras cannot be loaded ({error}).") from error
        self._lock = threading.Lock()
        _logger.info("network %s loaded", model.version)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`."""
        with self._lock:
            parts = [self._logits(batch)[0][:, 0] for batch in _batches(inputs)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def forward(self, inputs: np.ndarray) -> NetworkOutputs:
        """All outputs for model inputs `uint8 (N, S, S)`, N >= 1."""
        with self._lock:
            parts = [self._outputs(batch) for batch in _batches(inputs)]
        logits, features, feature_map = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return NetworkOutputs(logits[:, 0], features.mean(axis=(1, 2)), feature_map)


def with_feature_map(network: Any) -> Any:
    """The Keras network with three outputs: logits, the layer named `features`, and the `feature_map_layer`.

    Keras cannot output a layer of a nested backbone directly, so the parts before, within and after it are reconnected.
    """
    keras = import_keras()
    features = network.get_layer("features")
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


def _batches(inputs: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(inputs[i : i + BATCH])[..., None] for i in range(0, len(inputs), BATCH)]
