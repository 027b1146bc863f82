"""A model's network, loaded for reading: model inputs to logits, features, and cells where it has any.

It reads `model.tflite`, which `publishing/convert.py` writes. Neither TensorFlow nor Keras is imported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from cxr_core.errors import WorkError
from cxr_core.models.lite_network import LiteNetwork
from cxr_core.models.registry import Model

ROLES = ("logits", "features", "feature_map")
"""The outputs of a converted network, see `NetworkOutputs`; the card's `conversion` has their order in the file. The
last is left out for a network without cells."""


@dataclass(frozen=True, eq=False)
class NetworkOutputs:
    """The outputs for N films, all `float32`.

    logits: `(N,)`. features: `(N, C)`, the mean of the layer named `features` over its cells.
    feature_map: the cells, `(N, h, w, 1)`, logits from which that of the film is pooled, see
    `publishing.network_outputs`; None for a network without any. Of a model converted by an earlier version it may be
    another map, `(N, h, w, C)`; the card then has no scale for it, and it is not shown.
    """

    logits: np.ndarray
    features: np.ndarray
    feature_map: np.ndarray | None

    @classmethod
    def of(cls, by_role: Mapping[str, np.ndarray]) -> Self:
        """From the outputs of a network by role, `logits` as `(N, 1)`."""
        return cls(by_role["logits"][:, 0], by_role["features"], by_role.get("feature_map"))


class ReadsInputs(Protocol):
    """What a `Predictor` needs of a network."""

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`."""

    def forward(self, inputs: np.ndarray) -> NetworkOutputs:
        """All outputs for model inputs `uint8 (N, S, S)`."""


class Network:
    """The network of one model. Safe to share between threads."""

    def __init__(self, model: Model) -> None:
        """Raises WorkError if the model is not converted for reading, or a file is not the one its card describes."""
        model.check()
        roles = model.card.conversion.outputs if model.card.conversion else ()
        if set(roles) not in (set(ROLES), set(ROLES[:2])):
            raise WorkError(
                f"model.tflite gives {', '.join(roles)}",
                thing=f"model {model.name}",
                accepted=f"{' and '.join(ROLES[:2])} are needed, {ROLES[2]} is accepted with them",
            )
        self._lite = LiteNetwork(model.reading_weights, roles)

    @classmethod
    def of_file(cls, file: Path, roles: Sequence[str]) -> Self:
        """A network that was just converted and has no model folder yet; roles: of its outputs, in the file's order."""
        network = cls.__new__(cls)
        network._lite = LiteNetwork(file, tuple(roles))
        return network

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`."""
        return self.forward(inputs).logits

    def forward(self, inputs: np.ndarray) -> NetworkOutputs:
        """All outputs for model inputs `uint8 (N, S, S)`."""
        return NetworkOutputs.of(self._lite.run(inputs))
