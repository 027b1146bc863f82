"""Batches of random views for fitting the gate."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from cxr_core.imaging.gate_input import stretched_greys
from cxr_core.training.gate import views
from cxr_core.training.gate.network import CLASSES
from cxr_core.training.gate.synthetic import synthetic_picture

# Views of each class in a batch: many frontal films, so that few are refused; enough of classes with few pictures.
SHARES = {
    "frontal": 22,
    "inverted": 5,
    "sideways": 5,
    "upside_down": 4,
    "cut": 8,
    "lateral": 6,
    "slice": 6,
    "limb": 3,
    "other": 13,
}
BATCH = sum(SHARES.values())


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures that views are drawn from, `uint8 (H, W)`: frontal films, and pictures of each kind to refuse."""

    films: list[np.ndarray]
    lateral: list[np.ndarray]
    slices: list[np.ndarray]
    limbs: list[np.ndarray]
    photos: list[np.ndarray]


class GateBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """`steps` batches `(uint8 (B, S, S, 1), int64 (B,))` in each epoch; no view is repeated."""

    def __init__(self, pictures: Pictures, steps: int, seed: int) -> None:
        super().__init__(workers=1)
        self._pictures, self._steps = pictures, steps
        self._seeds = np.random.SeedSequence(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return self._steps

    def on_epoch_end(self) -> None:
        """New seeds for the next epoch."""
        self._batch_seeds = self._seeds.spawn(self._steps)

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(self._batch_seeds[number])
        labels = np.repeat(np.arange(len(CLASSES)), [SHARES[name] for name in CLASSES])
        drawn = [stretched_greys(_draw(CLASSES[label], self._pictures, rng)) for label in labels]
        return np.stack(drawn)[..., None], labels


def _draw(kind: str, pictures: Pictures, rng: np.random.Generator) -> np.ndarray:
    def one(choices: list[np.ndarray]) -> np.ndarray:
        return choices[rng.integers(len(choices))]

    of_films: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
        "frontal": views.frontal,
        "inverted": views.inverted,
        "sideways": views.sideways,
        "upside_down": views.upside_down,
        "cut": views.cut,
    }
    if kind in of_films:
        return of_films[kind](one(pictures.films), rng)
    if kind == "lateral":
        return views.other(one(pictures.lateral), rng)
    if kind == "slice":
        return views.other(one(pictures.slices), rng)
    if kind == "limb":
        return views.other(one(pictures.limbs), rng)
    chance = rng.random()
    if chance < 0.6:
        return views.other(one(pictures.photos), rng, zoom=1.0)
    if chance < 0.75:
        return views.shuffled(one(pictures.films), rng)
    return views.other(synthetic_picture(rng), rng)
