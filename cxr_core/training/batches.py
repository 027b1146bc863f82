"""Batches of films from the memory-mapped cache, for any Keras backend."""

import keras
import numpy as np


class FilmBatches(keras.utils.PyDataset):
    """Batches `(uint8 (B, S, S, 1), float32 (B, 1), float32 (B,))` of the given rows.

    weights: of a normal and of a pneumonia film; with them the rows are shuffled each epoch, without them they
    come in order and unweighted (for validation).
    films: how many of the rows an epoch draws, 0 for all. first_epoch: the one that comes first, counted from 0; the
    order of an epoch depends on its number and the seed alone, so that a resumed run sees what it would have seen.
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
    ) -> None:
        super().__init__()
        self._inputs, self._labels, self._rows, self._batch = inputs, labels, rows, batch
        self._weights, self._films = weights, min(films or len(rows), len(rows))
        self._seed, self._epoch = seed, first_epoch - 1
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-self._films // self._batch)

    def __getitem__(self, number: int):
        rows = np.sort(self._order[number * self._batch : (number + 1) * self._batch])
        films, labels = self._inputs[rows][..., None], self._labels[rows]
        if self._weights is None:
            return films, labels[:, None]
        return films, labels[:, None], self._weights[labels.astype(int)]

    def on_epoch_end(self) -> None:
        """Draw the next epoch's films, if this is for training."""
        self._epoch += 1
        if self._weights is None:
            self._order = self._rows[: self._films]
        else:
            rng = np.random.default_rng((self._seed, self._epoch))
            self._order = rng.permutation(self._rows)[: self._films]
