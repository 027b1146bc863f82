"""The gate's input: exposure is normalised."""

import numpy as np

from cxr_core.imaging.gate_input import gate_input
from cxr_core.training.gate import synthetic


def test_it_hardly_depends_on_exposure() -> None:
    picture = synthetic.clouds(np.random.default_rng(2), 200)
    dark = (picture * 0.4 + 20).astype(np.uint8)
    assert np.abs(gate_input(picture).astype(int) - gate_input(dark)).mean() < 4
