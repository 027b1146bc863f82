"""Augmentation: the effects with given strengths, and no effect outside of training."""

from dataclasses import replace

import cv2
import keras
import numpy as np
import pytest
from keras.src.trainers.trainer import model_supports_jit

from cxr_core.training.augmentation import (
    FilmAugmentation,
    apply_affine,
    apply_erasing,
    apply_intensity,
    apply_lowres,
    apply_sharpness,
    apply_tone,
)
from cxr_core.training.network import compiled_network
from cxr_core.training.recipes import RECIPES, Recipe
from tests.support.synthetic_chests import chest

BINOMIAL = np.float32([0.25, 0.5, 0.25])
IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0]


@pytest.fixture
def films() -> np.ndarray:
    return np.stack([chest(seed, True, 32) for seed in range(4)])[..., None].astype("float32") / 255


def test_films_do_not_change_outside_of_training(films: np.ndarray) -> None:
    layer = FilmAugmentation(**Recipe().augmentation())
    np.testing.assert_array_equal(layer(films, training=False), films)


def test_films_change_in_training_within_the_range(films: np.ndarray) -> None:
    out = keras.ops.convert_to_numpy(FilmAugmentation(**Recipe().augmentation(), seed=1)(films, training=True))
    assert out.shape == films.shape
    assert out.min() >= 0
    assert out.max() <= 1
    assert np.abs(out - films).mean() > 0.01


def test_the_same_seed_draws_the_same(films: np.ndarray) -> None:
    first, second = (FilmAugmentation(**Recipe().augmentation(), seed=5)(films, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_affine_identity_and_shift(films: np.ndarray) -> None:
    same = apply_affine(films, np.tile(np.float32(IDENTITY), (4, 1)))
    np.testing.assert_allclose(same, films, atol=1e-6)
    right = np.tile(np.float32([1, 0, -3, 0, 1, 0, 0, 0]), (4, 1))
    np.testing.assert_allclose(apply_affine(films, right)[:, :, 3:], films[:, :, :-3], atol=1e-6)


def test_intensity_identity_and_clipping(films: np.ndarray) -> None:
    one, zero = np.ones(4, "float32"), np.zeros(4, "float32")
    np.testing.assert_allclose(apply_intensity(films, one, one, zero, 0.0), films, atol=1e-4)
    assert float(keras.ops.max(apply_intensity(films, one, one, one, 0.0))) == 1.0


def test_sharpness_blurs_keeps_and_sharpens(films: np.ndarray) -> None:
    films = 0.25 + films / 2  # so that nothing is clipped
    blurred = np.stack(
        [cv2.sepFilter2D(f, -1, BINOMIAL, BINOMIAL, borderType=cv2.BORDER_REFLECT) for f in films[..., 0]]
    )[..., None]
    for strength in (-1.0, 0.0, 1.0):
        out = apply_sharpness(films, np.full(4, strength, "float32"))
        np.testing.assert_allclose(out, films + strength * (films - blurred), atol=1e-5)


def test_erasing_removes_one_rectangle() -> None:
    films = np.zeros((2, 32, 32, 1), "float32")
    half = np.float32([0.5, 0.5])
    quarter = np.float32([0.25, 0.25])
    out = keras.ops.convert_to_numpy(
        apply_erasing(films, np.float32([1, 0]), half, half, quarter, quarter / 2, np.float32([1, 1]))
    )
    assert out[0].sum() == 16 * 8
    assert out[0, 8:24, 12:20].all()
    assert out[1].sum() == 0


def test_a_flip_only_mirrors_left_and_right(films: np.ndarray) -> None:
    out = keras.ops.convert_to_numpy(FilmAugmentation(flip=True, seed=0)(films, training=True))
    mirrored = [np.allclose(a, b[:, ::-1], atol=1e-5) for a, b in zip(out, films, strict=True)]
    same = [np.allclose(a, b, atol=1e-5) for a, b in zip(out, films, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))


def test_a_network_trains_as_keras_would_compile_it_for_a_gpu() -> None:
    """Keras compiles with XLA where there is a GPU and every layer claims to support it; XLA is on this CPU, too."""
    model = compiled_network(replace(RECIPES["residual-128"], size=32, widths=(4, 8)), steps=1)
    model.jit_compile = model_supports_jit(model)
    films = np.zeros((2, 32, 32, 1), np.uint8)
    assert np.isfinite(model.train_on_batch(films, np.array([0.0, 1.0]), return_dict=True)["loss"])


def test_lowres_blends_with_a_copy_without_fine_detail(films: np.ndarray) -> None:
    zero, one = np.zeros(4, "float32"), np.ones(4, "float32")
    np.testing.assert_allclose(apply_lowres(films, zero), films, atol=1e-6)
    copy = keras.ops.convert_to_numpy(apply_lowres(films, one))
    small = films.reshape(4, 16, 2, 16, 2, 1).mean(axis=(2, 4))[0, ..., 0]
    expected = cv2.resize(small, (32, 32), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(copy[0, ..., 0], expected, atol=1e-5)
    half = keras.ops.convert_to_numpy(apply_lowres(films, one / 2))
    np.testing.assert_allclose(half, (films + copy) / 2, atol=1e-5)


def test_a_tone_curve_keeps_the_order_of_grey_values() -> None:
    ramp = np.linspace(0, 1, 81, dtype="float32").reshape(1, 9, 9, 1)
    np.testing.assert_allclose(apply_tone(ramp, np.ones((1, 8), "float32")), ramp, atol=1e-6)
    slopes = np.float32([[2, 0.5, 0.25, 1.25, 1, 1, 1, 1]])
    bent = keras.ops.convert_to_numpy(apply_tone(ramp, slopes)).ravel()
    assert (np.diff(bent) > 0).all()
    assert bent[[0, -1]] == pytest.approx([0, 1], abs=1e-5)
    assert bent[10] == pytest.approx(2 * 0.125, abs=1e-2)  # the first bin rises twice as fast


def test_tone_and_lowres_draw_within_their_ranges(films: np.ndarray) -> None:
    layer = FilmAugmentation(tone=0.5, lowres=0.5)
    slopes = keras.ops.convert_to_numpy(layer._draw_tone(100))
    np.testing.assert_allclose(slopes.mean(axis=1), 1, atol=1e-5)
    shares = keras.ops.convert_to_numpy(layer._draw_lowres(400))
    assert 0.4 < (shares == 0).mean() < 0.6
    assert shares.max() <= 1
    assert np.abs(keras.ops.convert_to_numpy(layer(films, training=True)) - films).mean() > 0.001


def test_a_mask_moves_with_its_film_and_keeps_its_values() -> None:
    film = np.zeros((8, 32, 32, 1), "float32")
    film[:, 12:20, 4:12] = 1
    layer = FilmAugmentation(rotation=20, shift=0.1, zoom=0.1, flip=True, brightness=0.5, noise=0.1, erase=1.0)
    moved = keras.ops.convert_to_numpy(layer(np.concatenate([film, film], axis=-1), training=True))
    assert moved.shape == (8, 32, 32, 2)
    plain = FilmAugmentation(rotation=20, shift=0.1, zoom=0.1, flip=True)
    np.testing.assert_allclose(moved[..., 1:], plain(film, training=True), atol=1e-5)
