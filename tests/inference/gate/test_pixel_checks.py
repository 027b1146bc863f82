"""The pixel checks pass ordinary films; sharpness measures blur."""

import cv2
import numpy as np
import pytest

from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.pixel_checks import DIM, MIN_BRIGHTEST, PixelChecks, check_pixels, sharpness


@pytest.fixture(scope="module")
def chests() -> list[Film]:
    return [read_film(path) for path in sample_films()]


def test_a_frontal_film_passes_the_pixel_checks(chests: list[Film]) -> None:
    assert [check_pixels(one.pixels).refusal for one in chests] == [None] * len(chests)


@pytest.mark.parametrize(
    ("pixels", "check"),
    [
        (np.zeros((63, 200), np.uint8), "size"),
        (np.full((80, 80), 90, np.uint8), "blank"),
        (np.tile(np.repeat([0, 200], 50), (100, 1)).astype(np.uint8), "exposure"),
    ],
)
def test_a_refusal_names_the_check_that_failed(pixels: np.ndarray, check: str) -> None:
    refusal = check_pixels(pixels).refusal
    assert refusal is not None
    assert refusal.check == check
    assert refusal.reason.endswith(".")


def test_a_film_at_half_brightness_is_refused_with_the_reason(chests: list[Film]) -> None:
    for film in chests:
        refusal = check_pixels(film.pixels // 2).refusal
        assert refusal is not None
        assert refusal.check == "exposure"
        assert "too dim" in refusal.reason


def test_a_dim_or_pale_film_is_read_with_a_warning(chests: list[Film]) -> None:
    film = chests[0].pixels
    assert check_pixels(film) == PixelChecks(None)
    brightest = float(np.percentile(cv2.resize(film, (96, 96), interpolation=cv2.INTER_AREA), 99.5))
    dim = (film * ((MIN_BRIGHTEST + DIM) / 2 / brightest)).astype(np.uint8)
    assert check_pixels(dim).refusal is None
    assert "is dim" in check_pixels(dim).notes[0]
    pale = (film * 0.4 + 153).astype(np.uint8)
    assert check_pixels(pale).refusal is None
    assert "is pale" in check_pixels(pale).notes[0]


def test_sharpness_depends_on_blur_and_hardly_on_exposure_or_size(chests: list[Film]) -> None:
    for pixels in (one.pixels for one in chests):
        softer = [sharpness(cv2.GaussianBlur(pixels, (0, 0), part * pixels.shape[1])) for part in (0.002, 0.004, 0.008)]
        assert sharpness(pixels) > softer[0] > softer[1] > softer[2]
        assert sharpness((pixels * 0.6 + 30).astype(np.uint8)) == pytest.approx(sharpness(pixels), abs=0.03)
        large = cv2.resize(pixels, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        assert sharpness(large) == pytest.approx(sharpness(pixels), abs=0.05)
