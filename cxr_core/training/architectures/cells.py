"""How the cells of an evidence map are taught: boxes, and the silence of films without pneumonia.

The network that is trained takes each film with a mask of its boxes as a second channel, so that both are moved alike,
and adds the loss of the cells to that of the film. It shares every layer with the network that reads.
"""

from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from cxr_core.datasets.boxes import Boxes, mask_of
from cxr_core.labels import PNEUMONIA
from cxr_core.training.batches import FilmBatches

INSIDE = 0.35  # of a cell's area under boxes, from which on it is taught as pneumonia
EVIDENCE = "evidence"


class CellLoss(keras.layers.Layer):  # type: ignore[misc]
    """Passes the film's logit on and adds the loss of the cells: cross-entropy, averaged apart inside and outside.

    Called with cells `(N, h, w, 1)`, masks `(N, S, S, 1)` in [0, 1], `taught` `(N, 1)`: each film's weight, 0 where
    it is not known which cells speak for pneumonia; and the logit `(N, 1)`.
    """

    def __init__(self, weight: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, cells: Any, masks: Any, taught: Any, logit: Any) -> Any:
        self.add_loss(self.weight * cell_loss(cells, masks, taught))
        return logit


def cell_loss(cells: Any, masks: Any, taught: Any) -> Any:
    """The mean, over the films of a batch, of `taught` x (mean cross-entropy inside the boxes + that outside) / 2.

    A film without boxes has only an outside, which then counts whole. See `CellLoss` for shapes.
    """
    side = masks.shape[1] // cells.shape[1]
    inside = ops.cast(ops.average_pool(masks, side, strides=side, padding="valid") >= INSIDE, "float32")
    speaks = ops.softplus(-cells) * inside
    silent = ops.softplus(cells) * (1 - inside)
    within = ops.sum(inside, axis=(1, 2, 3))
    outside = ops.sum(1 - inside, axis=(1, 2, 3))
    of_inside = ops.sum(speaks, axis=(1, 2, 3)) / ops.maximum(within, 1.0)
    of_outside = ops.sum(silent, axis=(1, 2, 3)) / ops.maximum(outside, 1.0)
    share = ops.where(within > 0, 0.5, 1.0)
    return ops.mean(ops.reshape(taught, (-1,)) * share * (of_inside + of_outside))


def has_cells(network: keras.Model) -> bool:
    """Whether a network has an evidence map."""
    return any(layer.name == EVIDENCE for layer in network.layers)


def taught_network(network: keras.Model, weight: float) -> keras.Model:
    """The network to be trained: (films and masks `uint8 (N, S, S, 2)`, taught `float32 (N, 1)`) -> logit `(N, 1)`.

    It shares its variables with the network it was made of.
    """
    side = network.inputs[0].shape[1]
    both = keras.Input((side, side, 2), dtype="uint8", name="film_and_mask")
    taught = keras.Input((1,), dtype="float32", name="taught")
    augment = network.get_layer("augment")
    after = keras.Model(augment.output, [network.get_layer(EVIDENCE).output, network.outputs[0]], name="after_augment")
    moved = augment(network.get_layer("scale")(both))
    cells, logit = after(moved[..., :1])
    return keras.Model([both, taught], CellLoss(weight, name="cell_loss")(cells, moved[..., 1:], taught, logit))


def boxes_by_row(films: pd.DataFrame, boxes: Boxes) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """The boxes of each pneumonia film that has any, by row; and which films teach cells, `float32 (N,)`, 1 or 0.

    Films without pneumonia teach theirs to be silent. A pneumonia film without boxes teaches none: where its opacity
    lies is not known.
    """
    sick = (films["label"] == PNEUMONIA).to_numpy()
    found = {row: boxes[path] for row, path in enumerate(films["path"]) if sick[row] and path in boxes}
    taught = (~sick).astype(np.float32)
    taught[list(found)] = 1.0
    return found, taught


class TaughtBatches(FilmBatches):
    """Batches for `taught_network`: `((films and masks, taught), labels, weights)`.

    boxes: of each film, by its row in `inputs`. taught: `float32 (N,)`, of each film, before its weight.
    """

    def __init__(self, *args: Any, boxes: dict[int, np.ndarray], taught: np.ndarray, **kwargs: Any) -> None:
        self._boxes, self._taught = boxes, taught
        super().__init__(*args, **kwargs)

    def of_rows(self, rows: np.ndarray) -> Any:
        """The batch of these rows."""
        films, labels, weights = super().of_rows(rows)
        side = films.shape[1]
        blank = np.zeros((side, side), np.uint8)
        masks = np.stack([mask_of(self._boxes[row], side) if row in self._boxes else blank for row in rows.tolist()])
        both = np.concatenate([films, masks[..., None]], axis=-1)
        return (both, (self._taught[rows] * weights)[:, None].astype(np.float32)), labels, weights
