"""Padding, display shutters and pixels that are not square."""

from typing import Any

import numpy as np
import pytest

from cxr_core.imaging.decode import decode_film
from tests.support.files.dicom_files import FILM, VALUES, WINDOW, dataset, pixels_of, saved


@pytest.mark.parametrize(("vr", "value"), [("US", 63_536), ("SS", -2000)])
def test_padding_of_either_sign_is_black(vr: str, value: int) -> None:
    stored = 2047 - VALUES.astype(np.int16)
    stored[:, :30] = -2000
    ds = dataset(stored, 16, PhotometricInterpretation="MONOCHROME1", WindowCenter=0, WindowWidth=4096)
    ds.add_new("PixelPaddingValue", vr, value)
    pixels = pixels_of(saved(ds))
    assert np.unique(pixels[:, :30]) == 0
    assert np.abs(pixels[:, 30:].astype(int) - FILM[:, 30:]).max() <= 1


def test_padding_of_0_in_monochrome_1_is_black_and_white_parts_of_the_film_stay() -> None:
    stored = 4095 - VALUES
    stored[80:90, 100:120] = 0  # a lead letter
    stored[:, :30] = 0
    ds = dataset(stored, PhotometricInterpretation="MONOCHROME1", **WINDOW)
    ds.add_new("PixelPaddingValue", "US", 0)
    pixels = pixels_of(saved(ds))
    assert np.unique(pixels[:, :30]) == 0
    assert np.unique(pixels[80:90, 100:120]) == 255


SHUTTERS: list[tuple[dict[str, Any], tuple[int, int], tuple[int, int]]] = [
    (
        {
            "ShutterShape": "RECTANGULAR",
            "ShutterLeftVerticalEdge": 31,
            "ShutterRightVerticalEdge": 226,
            "ShutterUpperHorizontalEdge": 21,
            "ShutterLowerHorizontalEdge": 180,
        },
        (20, 30),
        (19, 30),
    ),
    (
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [101, 129], "RadiusOfCircularShutter": 90},
        (100, 39),
        (100, 37),
    ),
    (
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [21, 31, 21, 226, 180, 226, 180, 31]},
        (20, 30),
        (20, 29),
    ),
]


@pytest.mark.parametrize(("shutter", "shown", "hidden"), SHUTTERS)
def test_outside_a_display_shutter_is_black(
    shutter: dict[str, Any], shown: tuple[int, int], hidden: tuple[int, int]
) -> None:
    """`shown`, `hidden`: pixels just inside and just outside, as row and column from 0."""
    stored = VALUES.copy()
    stored[:20], stored[:, :30], stored[shown] = 4095, 4095, 3000
    pixels = pixels_of(saved(dataset(stored, **WINDOW, **shutter, ShutterPresentationValue=0xFFFF)))
    assert pixels[hidden] == 0
    assert pixels[shown] == round(3000 / 4095 * 255)
    assert np.array_equal(pixels[60:140, 80:170], FILM[60:140, 80:170])
    assert pixels[0, 0] == pixels[-1, -1] == 0


def test_a_shutter_that_would_leave_nothing_is_ignored() -> None:
    edges = {"ShutterLeftVerticalEdge": 900, "ShutterRightVerticalEdge": 950}
    edges |= {"ShutterUpperHorizontalEdge": 1, "ShutterLowerHorizontalEdge": 200}
    assert np.array_equal(pixels_of(saved(dataset(VALUES, **WINDOW, ShutterShape="RECTANGULAR", **edges))), FILM)


@pytest.mark.parametrize(
    ("tags", "shape"),
    [
        ({"PixelAspectRatio": ["2", "1"]}, (400, 256)),
        ({"PixelAspectRatio": ["1", "2"]}, (200, 512)),
        ({"ImagerPixelSpacing": ["0.2", "0.1"]}, (400, 256)),
        ({"PixelAspectRatio": ["1", "1"]}, (200, 256)),
        ({"PixelAspectRatio": ["0", "1"]}, (200, 256)),
    ],
)
def test_pixels_come_out_square(tags: dict[str, Any], shape: tuple[int, int]) -> None:
    film = decode_film(saved(dataset(VALUES, **WINDOW, **tags)), "a")
    assert film.pixels.shape == shape
    assert (film.source.height, film.source.width) == shape
