"""How the cells of an evidence map are taught: by boxes, and by the silence of healthy films and outside of the lungs.

The network that is trained takes each film with two masks as further channels, so that all are moved alike: where its
boxes lie, and where it is not known whether there is pneumonia. It adds the loss of the cells to that of the film, and
shares every layer with the network that reads.
"""

from typing import Any

import cv2
import keras
import numpy as np
import pandas as pd
from keras import ops

from cxr_core.datasets.boxes import Boxes, mask_of
from cxr_core.imaging.lungs import lung_fields
from cxr_core.labels import PNEUMONIA
from cxr_core.training.batches import FilmBatches

INSIDE = 0.35  # of a cell's area under boxes, from which on it is taught as pneumonia; or under lungs, as not known
EVIDENCE = "evidence"


class CellLoss(keras.layers.Layer):  # type: ignore[misc]
    """Passes the film's logit on and adds the loss of the cells: cross-entropy, averaged apart inside and outside.

    Called with cells `(N, h, w, 1)`, masks `(N, S, S, 2)` in [0, 1], `taught` `(N, 1)`: each film's weight, 0 where
    nothing is known of its cells; and the logit `(N, 1)`.
    """

    def __init__(self, weight: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, cells: Any, masks: Any, taught: Any, logit: Any) -> Any:
        self.add_loss(self.weight * cell_loss(cells, masks, taught))
        return logit


def cell_loss(cells: Any, masks: Any, taught: Any) -> Any:
    """The mean, over the films of a batch, of `taught` x (mean cross-entropy inside the boxes + that outside) / 2.

    A film without boxes has only an outside, which then counts whole. The first mask is that of the boxes; cells under
    the second belong to neither. See `CellLoss` for shapes.
    """
    side = masks.shape[1] // cells.shape[1]
    covered = ops.cast(ops.average_pool(masks, side, strides=side, padding="valid") >= INSIDE, "float32")
    inside = covered[..., :1]
    outside = (1 - inside) * (1 - covered[..., 1:])
    speaks, silent = ops.softplus(-cells) * inside, ops.softplus(cells) * outside
    within = ops.sum(inside, axis=(1, 2, 3))
    of_inside = ops.sum(speaks, axis=(1, 2, 3)) / ops.maximum(within, 1.0)
    of_outside = ops.sum(silent, axis=(1, 2, 3)) / ops.maximum(ops.sum(outside, axis=(1, 2, 3)), 1.0)
    share = ops.where(within > 0, 0.5, 1.0)
    return ops.mean(ops.reshape(taught, (-1,)) * share * (of_inside + of_outside))


def has_cells(network: keras.Model) -> bool:
    """Whether a network has an evidence map."""
    return any(layer.name == EVIDENCE for layer in network.layers)


def taught_network(network: keras.Model, weight: float) -> keras.Model:
    """The network to be trained: (films and masks `uint8 (N, S, S, 3)`, taught `float32 (N, 1)`) -> logit `(N, 1)`.

    It shares its variables with the network it was made of.
    """
    side = network.inputs[0].shape[1]
    both = keras.Input((side, side, 3), dtype="uint8", name="film_and_masks")
    taught = keras.Input((1,), dtype="float32", name="taught")
    augment = network.get_layer("augment")
    after = keras.Model(augment.output, [network.get_layer(EVIDENCE).output, network.outputs[0]], name="after_augment")
    moved = augment(network.get_layer("scale")(both))
    cells, logit = after(moved[..., :1])
    return keras.Model([both, taught], CellLoss(weight, name="cell_loss")(cells, moved[..., 1:], taught, logit))


def boxes_by_row(films: pd.DataFrame, boxes: Boxes, lungs: bool = False) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """The boxes of each pneumonia film that has any, by row; and which films teach cells, `float32 (N,)`, 1 or 0.

    Films without pneumonia teach theirs to be silent. Where the opacity of a pneumonia film without boxes lies is not
    known: it teaches none, or with `lungs` those outside of the estimated lungs.
    """
    sick = (films["label"] == PNEUMONIA).to_numpy()
    found = {row: boxes[path] for row, path in enumerate(films["path"]) if sick[row] and path in boxes}
    taught = np.ones(len(films), np.float32) if lungs else (~sick).astype(np.float32)
    taught[list(found)] = 1.0
    return found, taught


def lung_masks(inputs: np.ndarray, rows: np.ndarray) -> dict[int, np.ndarray]:
    """The estimated lungs of these rows of model inputs `uint8 (N, S, S)`, a little widened: `bool (128, 128)` each."""
    around = np.ones((5, 5), np.uint8)
    return {row: cv2.dilate(lung_fields(inputs[row]).astype(np.uint8), around).astype(bool) for row in rows.tolist()}


class TaughtBatches(FilmBatches):
    """Batches for `taught_network`: `((films and masks, taught), labels, weights)`.

    boxes, lungs: of each film that has any, by its row in `inputs`. taught: `float32 (N,)`, of each film, before its
    weight.
    """

    def __init__(
        self,
        *args: Any,
        boxes: dict[int, np.ndarray],
        lungs: dict[int, np.ndarray],
        taught: np.ndarray,
        **kwargs: Any,
    ) -> None:
        self._boxes, self._lungs, self._taught = boxes, lungs, taught
        super().__init__(*args, **kwargs)

    def of_rows(self, rows: np.ndarray) -> Any:
        """The batch of these rows."""
        films, labels, weights = super().of_rows(rows)
        side = films.shape[1]
        masks = np.zeros((*films.shape[:3], 2), np.uint8)
        for place, row in enumerate(rows.tolist()):
            if row in self._boxes:
                masks[place, ..., 0] = mask_of(self._boxes[row], side)
            elif row in self._lungs:
                lungs = self._lungs[row].astype(np.uint8) * 255
                masks[place, ..., 1] = cv2.resize(lungs, (side, side), interpolation=cv2.INTER_NEAREST)
        both = np.concatenate([films, masks], axis=-1)
        return (both, (self._taught[rows] * weights)[:, None].astype(np.float32)), labels, weights
