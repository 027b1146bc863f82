"""Thumbnails keep the shape of the film and never enlarge it."""

import pytest

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.thumbnails import thumbnail
from tests.support.synthetic_films import jpeg, write


def test_thumbnails_of_large_and_small_films(tmp_path):
    write(tmp_path, {"large.jpeg": jpeg(1, (2000, 1500)), "small.jpeg": jpeg(1, (40, 30)), "bad.jpeg": b"x"})
    assert thumbnail(tmp_path / "large.jpeg", 200)[0].shape == (150, 200)
    assert thumbnail(tmp_path / "small.jpeg", 200)[0].shape == (30, 40)
    for name in ("bad.jpeg", "gone.jpeg"):
        with pytest.raises(UnreadableFilm, match=name):
            thumbnail(tmp_path / name, 200)
