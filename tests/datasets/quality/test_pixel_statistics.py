"""Statistics of the pixels are computed once per content."""

import numpy as np
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality import pixel_statistics
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics, films_to_decode
from tests.support.faulty_data_set import good_films
from tests.support.synthetic_films import write


def test_statistics_are_cached_by_content(tmp_path):
    films = dict(good_films(6))
    index = build_index(write(tmp_path / "here", films))
    assert films_to_decode(index) == 6
    first = compute_pixel_statistics(index)
    moved = build_index(write(tmp_path / "there", films))
    assert films_to_decode(moved) == 0
    again = compute_pixel_statistics(moved)
    assert np.array_equal(first.thumbnails, again.thumbnails)
    assert first.table.equals(again.table)


def test_what_was_computed_before_a_stop_is_cached(tmp_path, monkeypatch):
    monkeypatch.setattr(pixel_statistics, "_REPORT_EVERY", 2)
    index = build_index(write(tmp_path / "set", dict(good_films(8))))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_pixel_statistics(index, stop)
    assert films_to_decode(index) == 6


def test_a_film_that_changed_since_it_was_indexed_has_a_fault_and_is_not_cached(tmp_path):
    index = build_index(write(tmp_path / "set", dict(good_films(6))))
    first, last = index.readable["path"].iloc[[0, -1]]
    (index.root / first).write_bytes((index.root / last).read_bytes())
    faults = compute_pixel_statistics(index).table["fault"]
    assert faults.iloc[0].endswith("has changed since the data set was indexed; open the data set again.")
    assert (faults.iloc[1:] == "").all()
    assert films_to_decode(index) == 1


@pytest.mark.parametrize("damage", ["zeroed", "cut"])
def test_a_damaged_cache_is_computed_again(tmp_path, damage):
    index = build_index(write(tmp_path / "set", dict(good_films(6))))
    right = compute_pixel_statistics(index)
    file = pixel_statistics._cache_file()
    whole = file.read_bytes()
    file.write_bytes(whole[:-3000] + (bytes(3000) if damage == "zeroed" else b""))
    assert films_to_decode(index) == 6
    again = compute_pixel_statistics(index)
    assert np.array_equal(again.thumbnails, right.thumbnails)
    assert file.read_bytes() == whole
