"""Film -> model input: the same for a full-size film and its small copy, the same for fit and predict."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cxr_core.errors import SettingsError
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.preprocessing import Preprocessing, halved
from cxr_core.training.recipes import configure
from tests.support.synthetic_chests import chest


@pytest.mark.parametrize("shape", [(20, 300), (300, 20), (64, 64), (1001, 777)])
@pytest.mark.parametrize("contrast", ["none", "equalise"])
def test_any_film_becomes_a_square(shape: tuple[int, int], contrast: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    out = Preprocessing(64, contrast).apply(pixels)
    assert (out.shape, out.dtype) == ((64, 64), np.uint8)


def test_a_large_film_and_its_small_copy_come_out_alike() -> None:
    large = chest(1, pneumonia=True, side=1024)
    small = cv2.resize(large, (256, 256), interpolation=cv2.INTER_AREA)
    one, other = (Preprocessing(64).apply(film).astype(int) for film in (large, small))
    assert np.abs(one - other).max() <= 1


@pytest.mark.parametrize("shape", [(1024, 1024), (1001, 777), (2222, 1667)])
def test_halving_first_averages_the_same_area(shape: tuple[int, int]) -> None:
    film = cv2.resize(chest(1, pneumonia=True, side=1024), shape[::-1], interpolation=cv2.INTER_CUBIC)
    direct = cv2.resize(film, (64, 64), interpolation=cv2.INTER_AREA)
    apart = np.abs(Preprocessing(64).apply(film).astype(int) - direct)
    assert apart.max() <= 8
    assert apart.mean() < 0.7


@pytest.mark.parametrize("size", [32, 64, 128])
def test_a_small_copy_is_averaged_at_once(size: int) -> None:
    copy = np.random.default_rng(0).integers(0, 256, (224, 224), np.uint8)
    direct = cv2.resize(copy, (size, size), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(Preprocessing(size).apply(copy), direct)


def test_halving_first_comes_closer_to_the_published_copies(real_films: Path) -> None:
    at_once, halved = [], []
    for file in sorted((real_films / "chest_xray_full_size" / "train").rglob("*.jpeg")):
        pixels = read_film(file).pixels
        if min(pixels.shape) >= 2 * 224:
            small = real_films / "chest_xray" / "train" / file.parent.name / file.name
            copy = read_film(small).pixels.astype(int)
            at_once.append(np.abs(copy - cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_AREA)).mean())
            halved.append(np.abs(copy - Preprocessing(224).apply(pixels)).mean())
    assert len(halved) > 90
    assert np.mean(halved) < np.mean(at_once)


def test_a_network_of_copies_sees_a_large_film_as_its_copy() -> None:
    large = chest(1, pneumonia=True, side=1024)
    file = BytesIO()
    Image.fromarray(large).resize((224, 224), Image.Resampling.BILINEAR).save(file, "JPEG", quality=75)
    copy = np.asarray(Image.open(file))
    via = Preprocessing(160, resize="via_224")
    assert np.array_equal(via.apply(large), via.apply(copy))
    assert np.array_equal(via.apply(copy), Preprocessing(160).apply(copy))
    assert not np.array_equal(via.apply(large), Preprocessing(160).apply(large))


def test_a_network_larger_than_the_copies_cannot_be_shown_them() -> None:
    with pytest.raises(SettingsError, match="via_224: size 256"):
        Preprocessing(256, resize="via_224")
    with pytest.raises(SettingsError, match="via_224: size 256"):
        configure("released", {"size": "256"})


def test_smoothing_takes_away_what_the_way_of_making_a_small_copy_leaves() -> None:
    large = chest(1, pneumonia=True, side=1024)
    sharp, soft = (cv2.resize(large, (224, 224), interpolation=how) for how in (cv2.INTER_CUBIC, cv2.INTER_AREA))
    plain, smoothed = (
        np.abs(
            Preprocessing(64, smoothing=sigma).apply(sharp).astype(int) - Preprocessing(64, smoothing=sigma).apply(soft)
        )
        for sigma in (0.0, 0.85)
    )
    assert smoothed.mean() < 0.7 * plain.mean()


def test_equalising_forgets_exposure_and_window() -> None:
    film = chest(2, pneumonia=False, side=128)
    dimmed = (film * 0.6 + 20).astype(np.uint8)
    equalise = Preprocessing(128, "equalise").apply
    assert np.abs(equalise(film).astype(int) - equalise(dimmed)).mean() < 3
    assert np.abs(film.astype(int) - dimmed).mean() > 20


@pytest.mark.parametrize(
    "settings", [{"size": 8}, {"size": 4096}, {"contrast": "vivid"}, {"resize": "nearest"}, {"smoothing": 4}]
)
def test_bad_settings_are_named(settings: dict) -> None:
    with pytest.raises(SettingsError, match=next(iter(settings))):
        Preprocessing(**settings)


def test_a_large_film_is_halved_to_the_mean_of_its_pixels_and_a_small_one_is_left() -> None:
    film = np.random.default_rng(0).integers(0, 256, (1301, 900)).astype(np.uint8)
    reduced = halved(film, 320)
    assert reduced.shape == (650, 450)
    mean = film[:1300].reshape(650, 2, 450, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(reduced, mean, atol=0.51)
    np.testing.assert_array_equal(halved(film[:639], 320), film[:639])


def test_a_linear_change_of_exposure_leaves_a_standardised_film_as_it_is() -> None:
    film = chest(3, True, 96)
    usual = Preprocessing(size=64, contrast="standardise").apply(film).astype(int)
    for gain, offset in ((0.5, 0), (0.75, 30), (1.0, 40), (0.9, -20)):
        changed = np.clip(np.rint(film * gain + offset), 0, 255).astype(np.uint8)
        assert np.abs(Preprocessing(size=64, contrast="standardise").apply(changed) - usual).mean() < 2
    edge = 6
    middle = usual[edge:-edge, edge:-edge]
    assert middle.mean() == pytest.approx(128, abs=1.5)
    assert middle.std() == pytest.approx(52, abs=2)


def test_a_blank_film_stays_blank_when_it_is_standardised() -> None:
    blank = np.full((64, 64), 7, np.uint8)
    assert set(np.unique(Preprocessing(size=32, contrast="standardise").apply(blank))) == {128}
