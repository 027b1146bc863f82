"""The heatmap of a film, and its overlay."""

import numpy as np

from cxr_core.inference.explain.heatmap import heatmap_of, outline, overlay
from tests.support.synthetic_chests import chest


def test_the_heat_is_where_film_and_mirror_image_agree() -> None:
    evidence = np.full((32, 32), -1, np.float32)
    evidence[8:12, 20:24] = 2
    heat = heatmap_of(evidence, evidence[:, ::-1], reference=1)
    assert heat.dtype == np.float32
    assert heat.max() == 1
    assert (heat > 0).sum() == 16
    assert not heatmap_of(evidence, np.full((32, 32), -2, np.float32), reference=1).any()


def test_little_evidence_gives_little_heat() -> None:
    evidence = np.full((8, 8), -1, np.float32)
    assert not heatmap_of(evidence, evidence, reference=4).any()
    evidence[3, 3] = 1
    assert heatmap_of(evidence, evidence[:, ::-1], reference=4).max() == 0.25
    assert heatmap_of(evidence, evidence[:, ::-1], reference=0.5).max() == 1


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
