"""Stored DICOM values become grey levels: LUTs, windows, padding, polarity."""

from typing import Any

import numpy as np
import pytest
from pydicom.pixels import apply_voi_lut, apply_windowing

from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.dicom import display as dicom_display
from cxr_core.imaging.grey_scale import to_8_bits
from tests.support.files.dicom_files import RAMP_12, dataset, film_of, saved, table
from tests.support.files.refusals import refusal


def test_monochrome_1_and_presentation_lut_shape_invert_once() -> None:
    window: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
    upright = film_of(**window).pixels
    inversions: list[dict[str, Any]] = [
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
    ]
    for tags in inversions:
        inverted = film_of(**window, **tags)
        assert np.abs(inverted.pixels.astype(int) - (255 - upright.astype(int))).max() <= 1
        assert inverted.source.steps[-1].startswith("grey scale inverted (")
    assert np.array_equal(film_of(**window, PresentationLUTShape="IDENTITY").pixels, upright)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("centre", "width"), [(2048, 4096), (1000, 500), (1234.5, 77.3), (300, 2)])
def test_windows_agree_with_pydicom(function: str, centre: float, width: float) -> None:
    ds = dataset(WindowCenter=centre, WindowWidth=width, VOILUTFunction=function)
    expected = apply_windowing(RAMP_12, ds) / 4095 * 255
    assert np.abs(decode_film(saved(ds), "a").pixels - expected).max() <= 0.5 + 1e-9


def test_a_window_counts_in_rescaled_values_and_the_first_of_several_is_taken() -> None:
    ds = dataset(RescaleSlope="2", RescaleIntercept="-1000", WindowCenter=["3000", "10"], WindowWidth=["4000", "20"])
    film = decode_film(saved(ds), "a")
    expected = np.clip((RAMP_12 * 2.0 - 1000 - 2999.5) / 3999 + 0.5, 0, 1) * 255
    assert np.abs(film.pixels - expected).max() <= 0.5 + 1e-9
    assert film.source.steps == ("rescale slope 2, intercept -1000", "window centre 3000, width 4000 (LINEAR)")


def test_a_negative_slope_inverts_the_film() -> None:
    film = film_of(RescaleSlope="-1", RescaleIntercept="4095", WindowCenter=2048, WindowWidth=4096)
    assert film.pixels[0, 0] == 255
    assert film.pixels[-1, -1] == 0


def test_a_window_of_width_one_is_a_threshold() -> None:
    values = np.array([99, 100, 101])
    assert dicom_display.apply_window(values, 100, 1, "LINEAR").tolist() == [0, 1, 1]


def test_an_unknown_window_function_is_refused() -> None:
    assert "unknown VOI LUT function 'LOG'" in refusal(
        saved(dataset(WindowCenter=1, WindowWidth=9, VOILUTFunction="LOG"))
    )


@pytest.mark.parametrize(
    "tags", [{"WindowCenter": 50000, "WindowWidth": 10}, {"WindowCenter": 9, "WindowWidth": 0}, {}]
)
def test_without_a_usable_window_the_own_range_is_shown(tags: dict) -> None:
    stored = np.random.default_rng(0).integers(1000, 2000, (64, 64)).astype(np.uint16)
    stored[0, :4] = 4095  # a lead letter
    film = film_of(stored, **tags)
    expected, (low, high) = to_8_bits(stored)
    assert np.array_equal(film.pixels, expected)
    assert film.source.steps[-1] == f"no window: values {low:g} to {high:g} shown"
    assert ("window of no contrast ignored" in film.source.steps) == (tags.get("WindowWidth") == 10)


def test_eight_bits_without_a_window_stay_as_they_are() -> None:
    stored = np.random.default_rng(0).integers(40, 90, (32, 32)).astype(np.uint8)
    film = film_of(stored, 8)
    assert np.array_equal(film.pixels, stored)
    assert film.source.steps == ()


def test_a_film_of_one_value_is_black_and_no_failure() -> None:
    assert np.unique(film_of(np.full((32, 32), 700, np.uint16)).pixels) == 0


def test_padding_is_black_in_either_polarity_and_leaves_the_range_alone() -> None:
    stored = np.random.default_rng(0).integers(1000, 2000, (64, 64)).astype(np.uint16)
    stored[:, :20] = 4000
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        ds = dataset(stored, PhotometricInterpretation=photometric)
        ds.add_new("PixelPaddingValue", "US", 4000)
        ds.add_new("PixelPaddingRangeLimit", "US", 4095)
        film = decode_film(saved(ds), "a")
        assert np.unique(film.pixels[:, :20]) == 0
        assert film.pixels[:, 20:].min() == 0
        assert film.pixels[:, 20:].max() == 255
        assert film.source.steps[-1] == "padding set to black"


def test_a_film_of_nothing_but_padding_keeps_its_pixels() -> None:
    ds = dataset(np.full((32, 32), 255, np.uint8), 8)
    ds.add_new("PixelPaddingValue", "US", 255)
    assert np.unique(decode_film(saved(ds), "a").pixels) == 255


@pytest.mark.parametrize("first", [0, 500])
def test_a_voi_lut_agrees_with_pydicom_and_comes_before_a_window(first: int) -> None:
    entries = (np.linspace(0, 1, 3000) ** 2 * 4095).astype(np.uint16)
    ds = dataset(VOILUTSequence=[table(entries, first, 12)], WindowCenter=10, WindowWidth=20)
    film = decode_film(saved(ds), "a")
    expected = apply_voi_lut(RAMP_12, ds) / 4095 * 255
    assert np.abs(film.pixels - expected).max() <= 0.5 + 1e-9
    assert film.source.steps == ("VOI LUT",)


def test_a_voi_lut_of_eight_bit_entries_is_read_beyond_index_255() -> None:
    entries = np.linspace(0, 255, 4096).astype(np.uint8)
    film = film_of(VOILUTSequence=[table(entries, 0, 8)])
    assert np.array_equal(film.pixels, entries[RAMP_12])


def test_a_voi_lut_that_declares_more_bits_than_it_uses_is_not_dark() -> None:
    film = film_of(VOILUTSequence=[table(np.arange(4096), 0, 16)])
    assert film.pixels.max() == 255


def test_a_modality_lut_comes_before_the_window() -> None:
    film = film_of(ModalityLUTSequence=[table(4095 - np.arange(4096), 0, 16)], WindowCenter=2048, WindowWidth=4096)
    assert np.abs(film.pixels - (4095 - RAMP_12) / 4095 * 255).max() <= 0.5 + 1e-9
    assert film.source.steps[0] == "modality LUT"
