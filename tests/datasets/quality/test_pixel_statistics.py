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
