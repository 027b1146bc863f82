"""The estimated lung fields, and the share of the heat inside them."""

import cv2
import numpy as np
import pytest

from cxr_core.imaging.lungs import SIDE, _surroundings, lung_fields, reduced
from cxr_core.inference.explain.heatmap import share_inside
from tests.support.synthetic_chests import chest


def test_lung_fields_are_where_the_synthetic_lungs_are() -> None:
    lungs = lung_fields(chest(3, pneumonia=False, side=128))
    assert lungs.shape == (SIDE, SIDE)
    assert lungs[SIDE // 2, int(0.3 * SIDE)]
    assert lungs[SIDE // 2, int(0.7 * SIDE)]
    assert not lungs[SIDE // 2, SIDE // 2]
    assert 0.1 < lungs.mean() < 0.45


def test_the_surroundings_are_a_gaussian_blur() -> None:
    level = np.random.default_rng(0).uniform(0, 255, (SIDE, SIDE)).astype(np.float32)
    np.testing.assert_allclose(_surroundings(level), cv2.GaussianBlur(level, (0, 0), SIDE / 5), atol=1e-3)


def test_an_opacified_lung_is_part_of_the_lung_fields() -> None:
    film = chest(3, pneumonia=False, side=128)
    lungs = lung_fields(film)
    white = film.copy()
    white[SIDE // 2 :, SIDE // 2 :] = np.maximum(white[SIDE // 2 :, SIDE // 2 :], 200)
    lower = np.zeros((SIDE, SIDE), bool)
    lower[SIDE // 2 :, SIDE // 2 :] = True
    assert (lung_fields(white) & lower).sum() > 0.7 * (lungs & lower).sum()


def test_a_reduced_film_has_the_lung_fields_of_the_film() -> None:
    film = cv2.resize(chest(3, pneumonia=True, side=128), (1000, 800), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(lung_fields(reduced(film)), lung_fields(film))


def test_a_blank_film_gets_ellipses() -> None:
    assert 0.1 < lung_fields(np.full((90, 70), 100, np.uint8)).mean() < 0.5


def test_the_share_of_the_heat_inside_the_lungs() -> None:
    lungs = np.zeros((SIDE, SIDE), bool)
    lungs[:, : SIDE // 2] = True
    heat = np.zeros((16, 16), np.float32)
    heat[4:8, 2:5] = 1
    assert share_inside(heat, lungs) == pytest.approx(1, abs=0.01)
    assert share_inside(heat[:, ::-1], lungs) == pytest.approx(0, abs=0.01)
    assert share_inside(np.zeros((4, 4), np.float32), lungs) is None
