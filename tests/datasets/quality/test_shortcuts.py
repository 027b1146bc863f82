"""What a network could cheat on is measured, and the sentences are computed."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.pixel_statistics import CORNERS, look, marks
from cxr_core.datasets.quality.shortcuts import films_a_patient, mark_shares, mean_films, shape_shortcut, tone_shortcuts
from tests.support.synthetic_films import encoded, jpeg, write


def film(size: tuple[int, int], seed: int, brightness: int = 110, mark: bool = False) -> bytes:
    rng = np.random.default_rng(seed)
    pixels = rng.normal(brightness, 10, size[::-1]).clip(0, 255)
    if mark:
        pixels[4:16, 4:12] = 255
    return encoded(Image.fromarray(pixels.astype(np.uint8)), "JPEG", quality=95)


@pytest.fixture
def biased(tmp_path):
    """Pneumonia films are wider, darker and marked."""
    files = {}
    for i in range(12):
        files[f"NORMAL/IM-{i}-1.jpeg"] = film((128, 128), i)
        files[f"PNEUMONIA/person{i // 3}_virus_{i}.jpeg"] = film((192, 128), 100 + i, brightness=60, mark=True)
    return build_index(write(tmp_path / "set", files))


def test_shape_that_tells_the_class_is_said_with_its_figures(biased):
    found = shape_shortcut(biased)
    assert found.chance == 1.0
    assert "1.00 for NORMAL and 1.50 for PNEUMONIA" in found.sentence
    assert "100% of the time: letterboxing would tell the network the class" in found.sentence


def test_brightness_that_tells_the_class_is_said(biased):
    brightness, contrast = tone_shortcuts(biased, look(biased))
    assert brightness.chance == 0.0
    assert "100% of the time and would tell the network the class: vary brightness" in brightness.sentence
    assert contrast.name == "contrast"


def test_marks_are_found_where_they_are(biased):
    table, sentence = mark_shares(biased, look(biased))
    assert table.loc["upper left", "PNEUMONIA"] == 1
    assert table.loc[list(CORNERS[1:])].to_numpy().max() == 0
    assert "upper left corner of 0% of NORMAL and 100% of PNEUMONIA" in sentence


@pytest.mark.parametrize("corner", range(4))
def test_a_mark_has_dark_around_it_and_a_rib_goes_on(corner):
    pixels = np.full((128, 128), 40, np.uint8)
    assert marks(pixels) == [False] * 4
    down, across = (6, 112)[corner // 2], (6, 112)[corner % 2]
    pixels[down : down + 8, across : across + 5] = 230
    assert marks(pixels) == [i == corner for i in range(4)]
    rib = np.full((128, 128), 40, np.uint8)
    rib[down : down + 4] = 230
    assert marks(rib) == [False] * 4


def test_mean_films_differ_by_what_was_made(biased):
    means, sentence = mean_films(biased, look(biased))
    assert means["NORMAL"].mean() - means["PNEUMONIA"].mean() == pytest.approx(50, abs=5)
    assert "brighter than the mean NORMAL film" in sentence or "darker than the mean NORMAL film" in sentence


def test_films_a_patient(biased):
    table, sentence = films_a_patient(biased)
    assert table.loc[1, "NORMAL"] == 12
    assert table.loc[3, "PNEUMONIA"] == 4
    assert "1.0 for NORMAL and 3.0 for PNEUMONIA, 3 at most; 50% of the films have a sibling" in sentence


def test_alike_classes_tell_nothing(tmp_path):
    files = {f"{label}/{i}.jpeg": film((64, 64), i) for i in range(10) for label in ("NORMAL",)}
    files |= {f"PNEUMONIA/{i}.jpeg": film((64, 64), i) for i in range(10)}
    index = build_index(write(tmp_path / "set", files))
    assert "their shape tells the network nothing" in shape_shortcut(index).sentence
    assert "next to nothing: no need to act" in tone_shortcuts(index, look(index))[0].sentence
    assert "next to nothing" in mark_shares(index, look(index))[1]


def test_one_class_alone_is_said(tmp_path):
    index = build_index(write(tmp_path / "set", {"NORMAL/a.jpeg": jpeg(1), "NORMAL/b.jpeg": jpeg(2)}))
    looks = look(index)
    for sentence in (shape_shortcut(index).sentence, mark_shares(index, looks)[1], mean_films(index, looks)[1]):
        assert "all of one class" in sentence
    assert isinstance(films_a_patient(index)[0], pd.DataFrame)


def test_the_published_films_would_tell_their_class_by_their_shape(real_films):
    index = build_index(real_films / "chest_xray_full_size")
    normal, pneumonia = (
        shape_shortcut(index).values[index.films["label"] == c].median() for c in ("NORMAL", "PNEUMONIA")
    )
    assert normal == pytest.approx(1.21, abs=0.06)
    assert pneumonia == pytest.approx(1.50, abs=0.06)
    assert "letterboxing would tell the network the class" in shape_shortcut(index).sentence
