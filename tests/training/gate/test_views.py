"""The views of films that the gate is trained on."""

import numpy as np
import pytest

from cxr_core.imaging.gate_input import SIDE
from cxr_core.training.gate import synthetic, views


def test_views_are_repeatable_and_cropped_views_lose_lung() -> None:
    picture = synthetic.clouds(np.random.default_rng(1), 128)
    for view in (views.frontal, views.cut, views.other, views.shuffled, views.sideways):
        one, again = (view(picture, np.random.default_rng(7)) for _ in range(2))
        assert one.shape == (SIDE, SIDE)
        assert one.dtype == np.uint8
        assert np.array_equal(one, again)
    assert views.visible_lungs(0, 0, 1, 1) == pytest.approx(1)
    assert views.visible_lungs(0, 0, 1, 0.45) == pytest.approx(0.5)
    assert views.visible_lungs(0.9, 0.9, 1, 1) == 0
