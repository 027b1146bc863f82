"""A loaded network gives the same logits with and without its feature map."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.models.registry import Model, find_model
from cxr_core.models.runtime import BATCH, MAX_STRIDE, Network


@pytest.fixture
def network(tiny_home: Path) -> Network:
    return Network(find_model("tiny"))


def test_logits_agree_with_a_forward_pass_over_several_batches(network: Network) -> None:
    inputs = np.random.default_rng(0).integers(0, 256, (BATCH + 3, 32, 32)).astype(np.uint8)
    outputs = network.forward(inputs)
    assert outputs.logits == pytest.approx(network.logits(inputs), abs=1e-5)
    assert outputs.features.shape == (BATCH + 3, outputs.features.shape[1])
    assert outputs.feature_map.shape[0] == BATCH + 3
    assert outputs.feature_map.shape[1] >= 32 / MAX_STRIDE


def test_no_inputs_give_no_logits(network: Network) -> None:
    assert network.logits(np.zeros((0, 32, 32), np.uint8)).shape == (0,)


def test_weights_that_are_not_a_network_are_reported(tiny_home: Path) -> None:
    from cxr_core.files import sha256_of

    model = find_model("tiny")
    model.weights.write_bytes(b"not a network")
    card = {"sha256": sha256_of(model.weights)}
    with pytest.raises(WorkError, match="cannot be loaded"):
        Network(Model(model.folder, card))
