"""Duplicates are found in the same bytes and in other bytes; different films are never paired."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.quality.duplicates import exact_duplicates, near_duplicates
from cxr_core.datasets.quality.issues import find_issues
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
from cxr_core.datasets.summary import summarise
from tests.support.faulty_data_set import good_films
from tests.support.synthetic_films import encoded, jpeg, write


def near_duplicate_files(index: Index) -> set[str]:
    """The names of the files in the issue "near_duplicates"."""
    issues = {issue.name: issue for issue in find_issues(index, compute_pixel_statistics(index))}
    return {Path(path).name for path in issues["near_duplicates"].films["path"]}


def test_unreadable_files_are_not_duplicates(tmp_path):
    index = build_index(write(tmp_path / "set", {"NORMAL/a.jpeg": b"", "NORMAL/b.jpeg": b"", "NORMAL/c.jpeg": jpeg()}))
    assert exact_duplicates(index.films) == []
    assert "train_and_test" not in summarise(index)["siblings"]


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((150, 150)),
        lambda image: image.point(lambda v: min(255, int(v * 1.15 + 8))),
        lambda image: image.point(lambda v: int(v * 0.8)),
        lambda image: image.crop((2, 2, image.width - 2, image.height - 2)),
    ],
    ids=["resized", "brighter", "darker", "trimmed"],
)
def test_the_same_image_in_other_bytes_is_a_near_duplicate(tmp_path, change):
    films = dict(good_films(12))
    changed = change(Image.open(io.BytesIO(good_films(1)[0][1])).convert("L"))
    root = write(tmp_path / "set", films | {"train/NORMAL/again.jpeg": encoded(changed, "JPEG", quality=70)})
    index = build_index(root)
    assert near_duplicate_files(index) == {"again.jpeg", Path(good_films(1)[0][0]).name}


def test_near_duplicates_of_nothing():
    none = np.zeros((0, 64, 64), np.uint8)
    assert near_duplicates(np.zeros(0, np.uint64), none, np.zeros(0, str)) == []
    blank = np.zeros((2, 64, 64), np.uint8)
    assert near_duplicates(np.zeros(2, np.uint64), blank, np.array(["a", "b"])) == []


def test_no_different_films_are_near_duplicates(real_films):
    index = build_index(real_films / "chest_xray_full_size")
    assert near_duplicate_files(index) == set()
