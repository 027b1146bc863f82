"""All the values of a film: they lead to the pixels that the model read, in every format."""

import numpy as np
import pytest
from PIL import Image

from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.full_range import FullRange, full_range
from tests.support.files.dicom_files import FILM, VALUES, WINDOW, dataset, saved
from tests.support.synthetic_films import encoded


def of_file(data: bytes) -> tuple[FullRange, np.ndarray]:
    """All the values of a file, and the pixels of its film."""
    film = decode_film(data, "a")
    return full_range(data, film.pixels, film.source), film.pixels


SIGNED = (VALUES.astype(np.int32) - 1024).astype(np.int16)
FILES = {
    "window": saved(dataset(VALUES, 12, **WINDOW)),
    "no window": saved(dataset(VALUES, 12)),
    "signed": saved(dataset(SIGNED, 12)),
    "low is white": saved(dataset(VALUES, 12, PhotometricInterpretation="MONOCHROME1")),
    "16-bit PNG": encoded(Image.fromarray(VALUES), "PNG"),
    "16-bit TIFF": encoded(Image.fromarray(VALUES), "TIFF"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_curve_leads_from_the_values_to_the_pixels_that_the_model_read(name: str) -> None:
    deep, pixels = of_file(FILES[name])
    assert deep.bits > 8
    assert deep.values.dtype == np.uint16
    assert len(np.unique(deep.values)) == len(np.unique(VALUES))
    assert np.abs(deep.curve[deep.values].astype(int) - pixels).max() <= 1
    assert (np.diff(deep.curve.astype(int)) >= 0).all()


def test_values_are_in_the_makers_units() -> None:
    deep, _ = of_file(saved(dataset(VALUES, 12, RescaleSlope=2, RescaleIntercept=-100, **WINDOW)))
    assert np.allclose(deep.intercept + deep.slope * deep.values, VALUES * 2.0 - 100)


def test_low_values_that_are_bright_keep_their_units() -> None:
    deep, _ = of_file(FILES["low is white"])
    assert deep.slope == -1
    assert np.allclose(deep.intercept + deep.slope * deep.values, VALUES)


def test_a_film_of_8_bits_is_its_pixels() -> None:
    deep, pixels = of_file(encoded(Image.fromarray(FILM), "PNG"))
    assert deep.bits == 8
    assert np.array_equal(deep.values, pixels)
    assert deep.window() == (2, 253)


def test_an_inverted_grey_scale_that_was_corrected_is_followed() -> None:
    data = FILES["window"]
    film = decode_film(data, "a")
    deep = full_range(data, 255 - film.pixels, film.source)
    assert np.abs(deep.curve[deep.values].astype(int) - (255 - film.pixels)).max() <= 1


def test_values_that_do_not_belong_to_the_pixels_are_not_used() -> None:
    film = decode_film(FILES["window"], "a")
    noise = np.random.default_rng(0).integers(0, 255, film.pixels.shape, np.uint8)
    assert full_range(FILES["window"], noise, film.source).bits == 8


def test_a_damaged_file_leaves_the_8_bits() -> None:
    film = decode_film(FILES["window"], "a")
    assert full_range(b"x" * 200, film.pixels, film.source).bits == 8


def test_a_large_film_is_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_core.imaging.full_range.MAX_VALUES", VALUES.size // 4)
    deep, _ = of_file(FILES["window"])
    assert deep.scale == pytest.approx(2)
    assert deep.values.size <= VALUES.size // 4 + VALUES.shape[0]


def test_presets_lie_in_the_order_of_their_tissues() -> None:
    presets = of_file(FILES["window"])[0].presets()
    assert presets["lung"][0] < presets["mediastinum"][0] <= presets["bone"][0]
    assert all(low < high for low, high in presets.values())
    flat = FullRange(np.zeros((64, 64), np.uint16), np.zeros(1, np.uint8), 1, 0, 8, 1)
    assert all(low < high for low, high in [flat.window(), *flat.presets().values()])
