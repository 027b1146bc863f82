"""Batches of films from the memory-mapped cache, for any Keras backend."""

from typing import Any

import cv2
import keras
import numpy as np

from cxr_core.accelerator import kept_on_device

MOST_STEPS = 8  # a call
SKIPPED = 0.05  # of an epoch's steps, at most, if they do not come out even


class FilmBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches `(uint8 (B, S, S, 1), float32 (B, 1), float32 (B,))` of the given rows.

    inputs: `uint8 (N, S, S)`. labels: `float32 (N,)`, 1 = pneumonia. rows: `int (R,)`, the films to use. batch: B.
    weights: `float32 (N,)` of each film of `inputs`; the rows are then shuffled in each epoch. Without them, for
    validation, the rows come in order and unweighted. size: a smaller side for the films, 0 for that of `inputs`.
    films: the number of rows drawn in an epoch, 0 for all. first_epoch: counted from 0. The order within an epoch
    depends only on its number and the seed, so a resumed run gets the same batches as an uninterrupted one.
    The attribute `steps`: how many batches are given as one, see `keep_on_device`.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        labels: np.ndarray,
        rows: np.ndarray,
        batch: int,
        weights: np.ndarray | None = None,
        films: int = 0,
        seed: int = 0,
        first_epoch: int = 0,
        size: int = 0,
        draw: str = "uniform",
    ) -> None:
        super().__init__()
        self._inputs, self._labels, self._rows, self._batch = inputs, labels, rows, batch
        self._weights, self._films = weights, min(films or len(rows), len(rows))
        self._seed, self._epoch = seed, first_epoch - 1
        self._chances = None
        if weights is not None and draw == "weighted":
            self._chances = weights[rows].astype(np.float64) / weights[rows].sum(dtype=np.float64)
            self._weights = np.ones_like(weights)
        self._size = size if size < inputs.shape[1] else 0
        self._on_device: Any = None
        self.steps = 1
        self.on_epoch_end()

    def keep_on_device(self) -> None:
        """Put all films on JAX's device once; from then on they are gathered there, `steps` batches in one.

        An epoch ends before a last one of fewer films, for which the network would be compiled once more.
        """
        whole = self._films // self._batch
        even = [count for count in range(2, MOST_STEPS + 1) if whole % count <= SKIPPED * whole and count <= whole]
        self.steps = max(even, default=1)
        rows = np.sort(self._rows)
        places = np.zeros(len(self._inputs), np.int32)
        places[rows] = np.arange(len(rows), dtype=np.int32)
        chosen = kept_on_device(self.of_rows(rows))
        self._on_device = lambda rows: chosen(places[rows])

    def __len__(self) -> int:
        if self._on_device and self._films > self._batch:
            return self._films // (self._batch * self.steps)
        return -(-self._films // self._batch)

    def __getitem__(self, number: int) -> Any:
        films = self._batch * self.steps
        rows = self._order[number * films : (number + 1) * films]
        return self._on_device(rows) if self._on_device else self.of_rows(np.sort(rows))

    def of_rows(self, rows: np.ndarray) -> Any:
        """The batch of these rows."""
        films, labels = self._inputs[rows], self._labels[rows]
        if self._size:
            side = (self._size, self._size)
            films = np.stack([cv2.resize(film, side, interpolation=cv2.INTER_AREA) for film in films])
        if self._weights is None:
            return films[..., None], labels[:, None]
        return films[..., None], labels[:, None], self._weights[rows]

    def on_epoch_end(self) -> None:
        """Draw the films of the next epoch, for training."""
        self._epoch += 1
        if self._weights is None:
            self._order = self._rows[: self._films]
        else:
            rng = np.random.default_rng((self._seed, self._epoch))
            drawn = rng.choice(self._rows, self._films, replace=False, p=self._chances)
            self._order = rng.permutation(self._rows)[: self._films] if self._chances is None else drawn
