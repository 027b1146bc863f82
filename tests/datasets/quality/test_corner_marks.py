"""Burnt-in marks in the corners are found, and ribs are not."""

import numpy as np
import pytest

from cxr_core.datasets.quality.corner_marks import find_corner_marks


@pytest.mark.parametrize("corner", range(4))
def test_a_mark_is_dark_on_all_sides_and_a_rib_continues(corner):
    pixels = np.full((128, 128), 40, np.uint8)
    assert find_corner_marks(pixels) == [False] * 4
    down, across = (6, 112)[corner // 2], (6, 112)[corner % 2]
    pixels[down : down + 8, across : across + 5] = 230
    assert find_corner_marks(pixels) == [i == corner for i in range(4)]
    rib = np.full((128, 128), 40, np.uint8)
    rib[down : down + 4] = 230
    assert find_corner_marks(rib) == [False] * 4
