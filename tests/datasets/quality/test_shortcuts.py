"""Shortcuts are measured, and their messages are computed from the measurements."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.corner_marks import CORNERS
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
from cxr_core.datasets.quality.shortcuts import (
    corner_mark_shares,
    films_per_patient,
    grey_value_shortcuts,
    mean_films,
    shape_shortcut,
)
from tests.support.synthetic_films import encoded, jpeg, write


def film(size: tuple[int, int], seed: int, brightness: int = 110, mark: bool = False) -> bytes:
    rng = np.random.default_rng(seed)
    pixels = rng.normal(brightness, 10, size[::-1]).clip(0, 255)
    if mark:
        pixels[4:16, 4:12] = 255
    return encoded(Image.fromarray(pixels.astype(np.uint8)), "JPEG", quality=95)


@pytest.fixture
def biased(tmp_path):
    """A data set whose pneumonia films are wider and darker and have a mark."""
    files = {}
    for i in range(12):
        files[f"NORMAL/IM-{i}-1.jpeg"] = film((128, 128), i)
        files[f"PNEUMONIA/person{i // 3}_virus_{i}.jpeg"] = film((192, 128), 100 + i, brightness=60, mark=True)
    return build_index(write(tmp_path / "set", files))


def test_shape_that_tells_the_class_is_reported_with_its_numbers(biased):
    found = shape_shortcut(biased)
    assert found.auroc == 1.0
    assert "1.00 for NORMAL and 1.50 for PNEUMONIA" in found.message
    assert "correctly 100% of the time. Letterboxing would tell the network the class" in found.message


def test_brightness_that_tells_the_class_is_reported(biased):
    brightness, contrast = grey_value_shortcuts(biased, compute_pixel_statistics(biased))
    assert brightness.auroc == 0.0
    assert "correctly 100% of the time and would tell the network the class: vary brightness" in brightness.message
    assert contrast.name == "contrast"


def test_marks_are_counted_by_corner_and_class(biased):
    table, message = corner_mark_shares(biased, compute_pixel_statistics(biased))
    assert table.loc["upper left", "PNEUMONIA"] == 1
    assert table.loc[list(CORNERS[1:])].to_numpy().max() == 0
    assert "0% of NORMAL and 100% of PNEUMONIA films have a burnt-in mark in the upper left corner" in message


def test_mean_films_differ_by_the_generated_brightness(biased):
    means, message = mean_films(biased, compute_pixel_statistics(biased))
    assert means["NORMAL"].mean() - means["PNEUMONIA"].mean() == pytest.approx(50, abs=5)
    assert "brighter than the mean NORMAL film" in message or "darker than the mean NORMAL film" in message


def test_films_per_patient(biased):
    table, message = films_per_patient(biased)
    assert table.loc[1, "NORMAL"] == 12
    assert table.loc[3, "PNEUMONIA"] == 4
    assert (
        "1.0 for NORMAL and 3.0 for PNEUMONIA, 3 at most; 50% of the films are of a patient with several films"
        in message
    )


def test_classes_with_the_same_traits_show_no_shortcut(tmp_path):
    files = {f"{label}/{i}.jpeg": film((64, 64), i) for i in range(10) for label in ("NORMAL",)}
    files |= {f"PNEUMONIA/{i}.jpeg": film((64, 64), i) for i in range(10)}
    index = build_index(write(tmp_path / "set", files))
    assert "their shape tells the network nothing" in shape_shortcut(index).message
    assert (
        "next to nothing: no action needed" in grey_value_shortcuts(index, compute_pixel_statistics(index))[0].message
    )
    assert "next to nothing" in corner_mark_shares(index, compute_pixel_statistics(index))[1]


def test_one_class_alone_is_reported(tmp_path):
    index = build_index(write(tmp_path / "set", {"NORMAL/a.jpeg": jpeg(1), "NORMAL/b.jpeg": jpeg(2)}))
    statistics = compute_pixel_statistics(index)
    for message in (
        shape_shortcut(index).message,
        corner_mark_shares(index, statistics)[1],
        mean_films(index, statistics)[1],
    ):
        assert "all of one class" in message
    assert isinstance(films_per_patient(index)[0], pd.DataFrame)


def test_the_shape_of_the_published_films_tells_their_class(real_films):
    index = build_index(real_films / "chest_xray_full_size")
    normal, pneumonia = (
        shape_shortcut(index).values[index.films["label"] == c].median() for c in ("NORMAL", "PNEUMONIA")
    )
    assert normal == pytest.approx(1.21, abs=0.06)
    assert pneumonia == pytest.approx(1.50, abs=0.06)
    assert "Letterboxing would tell the network the class" in shape_shortcut(index).message
