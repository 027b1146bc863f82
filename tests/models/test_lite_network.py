"""A converted network, used by many threads at a time; files and inputs that it refuses."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.inference.gate.gate import SHIPPED
from cxr_core.models.lite_network import WORKERS, LiteNetwork

GATE = SHIPPED / "model.tflite"


def inputs_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 80, 80)).astype(np.uint8)


def test_films_together_alone_and_from_many_threads_give_the_same() -> None:
    network = LiteNetwork(GATE, ("features", "logits"))
    inputs = inputs_of(2 * WORKERS + 1)
    together = network.run(inputs)
    assert together["features"].shape == (len(inputs), 96)
    with ThreadPoolExecutor(4 * WORKERS) as pool:
        alone = list(pool.map(lambda row: network.run(inputs[row : row + 1])["logits"][0], [*range(len(inputs))] * 5))
    np.testing.assert_array_equal(np.stack(alone), np.tile(together["logits"], (5, 1)))


def test_no_films_give_empty_outputs() -> None:
    assert LiteNetwork(GATE, ("features", "logits")).run(inputs_of(0))["logits"].shape == (0, 9)


def test_inputs_of_another_side_or_type_are_refused() -> None:
    network = LiteNetwork(GATE, ("features", "logits"))
    for wrong in (np.zeros((1, 64, 80), np.uint8), np.zeros((1, 80, 80), np.float32)):
        with pytest.raises(ValueError, match="is accepted"):
            network.run(wrong)


def test_a_file_that_is_no_such_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.tflite").write_text("no network")
    for file, message in ((tmp_path / "text.tflite", "cannot be loaded"), (tmp_path / "none.tflite", "cannot be")):
        with pytest.raises(WorkError, match=message):
            LiteNetwork(file, ("logits",))
    with pytest.raises(WorkError, match="the outputs logits"):
        LiteNetwork(GATE, ("logits",))
