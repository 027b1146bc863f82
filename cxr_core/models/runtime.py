"""A loaded network: model inputs to logits, features, and the layer that its heatmap is made of."""

import threading
from dataclasses import dataclass

import numpy as np

from cxr_core.backend import import_keras, predictor
from cxr_core.errors import WorkError
from cxr_core.models.registry import Model

BATCH = 32
PIXELS_OF_A_PLACE = 16  # at most, on a side of the input
NARROW = 100  # channels


@dataclass(frozen=True, eq=False)
class Seen:
    """Of N films, `float32`: logits `(N,)`; pooled features `(N, C)`; places `(N, h, w, C)`, see `places_layer`."""

    logits: np.ndarray
    pooled: np.ndarray
    places: np.ndarray


class Network:
    """The network of one model. Safe to share between threads; loading it takes seconds."""

    def __init__(self, model: Model) -> None:
        """Raises WorkError if the model's file is damaged or not the one its card describes."""
        model.check()
        keras = import_keras()
        import cxr_core.training.augmentation  # noqa: F401  registers the layer that model.keras names

        try:
            network = keras.saving.load_model(model.weights, compile=False, safe_mode=True)
            self._logits = predictor(network)
            self._seen = predictor(opened(network))
        except (OSError, ValueError, TypeError) as error:
            raise WorkError(f"model {model.name}: model.keras cannot be loaded ({error}).") from error
        self._lock = threading.Lock()

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`."""
        with self._lock:
            parts = [self._logits(batch)[0][:, 0] for batch in _batches(inputs)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def look(self, inputs: np.ndarray) -> Seen:
        """All that is seen on model inputs `uint8 (N, S, S)`, N >= 1."""
        with self._lock:
            parts = [self._seen(batch) for batch in _batches(inputs)]
        logits, features, places = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return Seen(logits[:, 0], features.mean(axis=(1, 2)), places)


def opened(network):
    """The network with three outputs: logits, the layer named `features`, and its `places_layer`.

    A layer inside a backbone is no output of the network around it: the three parts are joined anew.
    """
    keras = import_keras()
    features = network.get_layer("features")
    at = next((i for i, layer in enumerate(network.layers) if isinstance(layer, keras.Model)), None)
    if at is None:
        return keras.Model(network.input, [network.outputs[0], features.output, places_layer(network).output])
    backbone = network.layers[at]
    before = keras.Model(network.input, network.layers[at - 1].output)
    within = keras.Model(backbone.input, [backbone.outputs[0], places_layer(backbone).output])
    after = keras.Model(features.input, [network.outputs[0], features.output])
    last, places = within(before(network.input))
    return keras.Model(network.input, [*after(last), places])


def places_layer(network):
    """The layer whose output the heatmap is made of: where a place is at most PIXELS_OF_A_PLACE wide.

    Of those with the fewest such places it is the last of at most NARROW channels, the last one if none is. On
    EfficientNet-Lite0, the one network this was tried on, later and wider layers of that stage find fewer opacities.
    """
    least = network.inputs[0].shape[1] / PIXELS_OF_A_PLACE
    padding = import_keras().layers.ZeroPadding2D
    layers = [layer for layer in network.layers if not isinstance(layer, padding)]
    outputs = [(layer, layer.output.shape) for layer in layers if len(layer.output.shape) == 4]
    fewest = min(shape[1] for _, shape in outputs if shape[1] >= least)
    stage = [layer for layer, shape in outputs if shape[1] == fewest]
    return ([layer for layer in stage if layer.output.shape[3] <= NARROW] or stage)[-1]


def _batches(inputs: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(inputs[i : i + BATCH])[..., None] for i in range(0, len(inputs), BATCH)]
