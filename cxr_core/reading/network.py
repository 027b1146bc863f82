"""A loaded network: model inputs to logits, and to what spoke for them."""

import threading
from dataclasses import dataclass

import numpy as np

from cxr_core.backend import evidence, import_keras, predictor
from cxr_core.errors import WorkError
from cxr_core.reading.registry import Model

BATCH = 32


@dataclass(frozen=True, eq=False)
class Evidence:
    """Of N films: logits `(N,)`, features `(N, h, w, C)`, channel weights `(N, C)`, LayerCAM `(N, H, W)`; `float32`.

    See `backend.evidence`.
    """

    logits: np.ndarray
    features: np.ndarray
    weights: np.ndarray
    places: np.ndarray

    @property
    def pooled(self) -> np.ndarray:
        """The features averaged over space, `float32 (N, C)`."""
        return self.features.mean(axis=(1, 2))


class Network:
    """The network of one model. Safe to share between threads; loading it takes seconds."""

    def __init__(self, model: Model) -> None:
        """Raises WorkError if the model's file is damaged or not the one its card describes."""
        model.check()
        keras = import_keras()
        import cxr_core.training.augmentation  # noqa: F401  registers the layer that model.keras names

        try:
            network = keras.saving.load_model(model.weights, compile=False, safe_mode=True)
            self._logits = predictor(network, (network.output_names[0],))
            self._evidence = evidence(network, "features")
        except (OSError, ValueError, TypeError) as error:
            raise WorkError(f"model {model.name}: model.keras cannot be loaded ({error}).") from error
        self._lock = threading.Lock()

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`."""
        with self._lock:
            parts = [self._logits(batch)[0][:, 0] for batch in _batches(inputs)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def evidence(self, inputs: np.ndarray) -> Evidence:
        """Logits of model inputs `uint8 (N, S, S)`, N >= 1, and what spoke for them."""
        with self._lock:
            parts = [self._evidence(batch) for batch in _batches(inputs)]
        return Evidence(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _batches(inputs: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(inputs[i : i + BATCH])[..., None] for i in range(0, len(inputs), BATCH)]
