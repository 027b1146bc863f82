"""The outline of a heatmap, and its overlay."""

import numpy as np

from cxr_core.inference.explain.heatmap import outline, overlay
from tests.support.synthetic_chests import chest


def test_an_empty_heatmap_leaves_the_film_unchanged() -> None:
    film = chest(0, pneumonia=False)
    picture = overlay(film, np.zeros((8, 8), np.float32), 0.6)
    assert np.array_equal(picture, np.repeat(film[..., None], 3, axis=2))


def test_the_outline_runs_at_half_of_the_highest_cell() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[2:4, 4:6] = 0.6
    (line,) = outline(heat)
    assert line.shape[1] == 2
    assert 0.45 < line[:, 0].min() < 0.55
    assert 0.70 < line[:, 0].max() < 0.80
    assert 0.20 < line[:, 1].min() < 0.30
    assert outline(np.zeros((8, 8), np.float32)) == []
