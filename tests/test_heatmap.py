"""The heatmap, whether it depends on trained weights, and how much of it lies in the lungs."""

import numpy as np
import pytest

from cxr_core.reading.heatmap import LEAST_DEPENDENCE, dependence, heatmap_of, overlay
from cxr_core.reading.lungs import SIDE, lung_fields, share_inside
from tests.chests import chest


def test_the_heat_lies_where_film_and_mirror_image_agree() -> None:
    places = np.zeros((32, 32), np.float32)
    places[8:12, 20:24] = 1
    heat = heatmap_of(places, places[:, ::-1])
    assert heat.dtype == np.float32
    assert heat.max() == 1
    assert np.unravel_index(heat.argmax(), heat.shape)[0] in range(8, 12)
    assert np.unravel_index(heat.argmax(), heat.shape)[1] in range(20, 24)
    assert heat[25:, :10].max() == 0


def test_without_evidence_there_is_no_heat() -> None:
    nothing = np.zeros((8, 8), np.float32)
    assert not heatmap_of(nothing, nothing).any()


def test_weights_that_fit_the_features_stand_out_and_random_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    direction = rng.normal(size=64).astype(np.float32)
    features = rng.normal(size=(8, 8, 64)).astype(np.float32)
    features += 3 * rng.normal(size=(8, 8, 1)).astype(np.float32) * direction
    assert dependence(features, direction) > LEAST_DEPENDENCE
    random = [dependence(features, rng.normal(size=64).astype(np.float32)) for _ in range(50)]
    assert max(random) < LEAST_DEPENDENCE
    assert dependence(np.zeros((8, 8, 64), np.float32), direction) == 0


def test_no_heat_leaves_the_film_as_it_is() -> None:
    film = chest(0, pneumonia=False)
    drawn = overlay(film, np.zeros((8, 8), np.float32), 0.6)
    assert np.array_equal(drawn, np.repeat(film[..., None], 3, axis=2))


def test_lungs_are_found_where_they_were_drawn() -> None:
    lungs = lung_fields(chest(3, pneumonia=False, side=128))
    assert lungs.shape == (SIDE, SIDE)
    assert lungs[SIDE // 2, int(0.3 * SIDE)]
    assert lungs[SIDE // 2, int(0.7 * SIDE)]
    assert not lungs[SIDE // 2, SIDE // 2]
    assert 0.1 < lungs.mean() < 0.45


def test_a_blank_film_gets_ellipses() -> None:
    assert 0.1 < lung_fields(np.full((90, 70), 100, np.uint8)).mean() < 0.5


def test_the_share_of_the_heat_inside() -> None:
    lungs = np.zeros((SIDE, SIDE), bool)
    lungs[:, : SIDE // 2] = True
    heat = np.zeros((16, 16), np.float32)
    heat[4:8, 2:5] = 1
    assert share_inside(heat, lungs) == pytest.approx(1, abs=0.01)
    assert share_inside(heat[:, ::-1], lungs) == pytest.approx(0, abs=0.01)
    assert share_inside(np.zeros((4, 4), np.float32), lungs) is None
