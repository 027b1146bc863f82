"""Reduced films, from large JPEGs and from any other film."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.thumbnails import shrunk, thumbnail
from tests.support.files.dicom_files import dataset, saved
from tests.support.files.raster_files import encoded
from tests.support.synthetic_chests import chest


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_thumbnail_is_the_film_reduced(kind: str, tmp_path: Path) -> None:
    film = chest(1, pneumonia=True, side=400)[:300]
    data = encoded(film, kind)
    (tmp_path / "film").write_bytes(data)
    pixels, read = thumbnail(tmp_path / "film", 100)
    assert (pixels.shape, read) == ((75, 100), data)
    expected = np.asarray(Image.fromarray(film).resize((100, 75), Image.Resampling.BOX))
    assert np.abs(pixels.astype(int) - expected).mean() < 2


def test_small_images_are_returned_unchanged_and_others_never_enlarged() -> None:
    small = np.zeros((20, 30), np.uint8)
    assert shrunk(small, 30) is small
    assert shrunk(np.zeros((60, 90, 3), np.uint8), 30).shape == (20, 30, 3)


def test_a_dicom_file_has_a_thumbnail_and_a_missing_file_a_message(tmp_path: Path) -> None:
    (tmp_path / "film.dcm").write_bytes(saved(dataset()))
    assert thumbnail(tmp_path / "film.dcm", 24)[0].shape == (16, 24)
    with pytest.raises(UnreadableFilm, match="cannot be read: No such file"):
        thumbnail(tmp_path / "none.dcm", 24)
