"""A loaded network: its outputs by role, and models that are not ready for reading."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.files import sha256_of
from cxr_core.models.registry import find_model
from cxr_core.models.runtime import ROLES, Network


@pytest.fixture
def network(tiny_home: Path) -> Network:
    return Network(find_model("tiny"))


def test_the_outputs_have_the_shapes_of_their_roles(network: Network) -> None:
    inputs = np.random.default_rng(0).integers(0, 256, (7, 32, 32)).astype(np.uint8)
    outputs = network.forward(inputs)
    assert outputs.logits.shape == (7,)
    assert outputs.logits == pytest.approx(network.logits(inputs), abs=1e-6)
    assert outputs.features.shape == (7, 16)
    assert outputs.feature_map is not None
    assert outputs.feature_map.shape == (7, 8, 8, 1)


def test_no_inputs_give_no_logits(network: Network) -> None:
    assert network.logits(np.zeros((0, 32, 32), np.uint8)).shape == (0,)


def test_a_model_that_is_not_converted_names_the_command(tiny_home: Path) -> None:
    model = find_model("tiny")
    with pytest.raises(WorkError, match="cxr publish --convert tiny"):
        Network(model.described(conversion=None))
    with pytest.raises(WorkError, match="cxr publish --convert tiny"):  # converted from other weights
        Network(model.described(conversion=model.card.content["conversion"] | {"of": "0" * 64}))
    model.reading_weights.unlink()
    with pytest.raises(WorkError, match="cxr publish --convert tiny"):
        Network(model)


def test_a_file_that_is_not_the_one_on_the_card_or_not_a_network_is_refused(tiny_home: Path) -> None:
    model = find_model("tiny")
    model.reading_weights.write_bytes(b"not a network")
    with pytest.raises(WorkError, match="not its card's"):
        Network(model)
    conversion = model.card.content["conversion"] | {"sha256": sha256_of(model.reading_weights)}
    with pytest.raises(WorkError, match="cannot be loaded"):
        Network(model.described(conversion=conversion))


def test_a_network_with_a_role_that_is_not_known_or_without_one_is_refused(tiny_home: Path) -> None:
    model = find_model("tiny")
    for outputs in ([*ROLES[:2], "mask"], ["logits", "feature_map"]):
        conversion = model.card.content["conversion"] | {"outputs": outputs}
        with pytest.raises(WorkError, match=f"{outputs[-1]}; logits and features are needed"):
            Network(model.described(conversion=conversion))
