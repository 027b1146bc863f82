"""The cells of an evidence map: their loss, and the network that learns them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxr_core.backend import import_keras
from cxr_core.imaging.lungs import lung_fields
from cxr_core.training.recipes import RECIPES
from tests.support.synthetic_chests import chest

keras = import_keras()

from cxr_core.training.architectures.cells import (  # noqa: E402
    TaughtBatches,
    boxes_by_row,
    cell_loss,
    has_cells,
    lung_masks,
    taught_network,
)
from cxr_core.training.architectures.evidence_map import LogMeanExp  # noqa: E402
from cxr_core.training.network import compile_for, network, phases  # noqa: E402

RECIPE = replace(RECIPES["released"], size=32, small_epochs=0, pretrained="none", frozen_stages=0, batch=4)


@pytest.fixture(scope="module")
def reading() -> keras.Model:
    return network(RECIPE)


def softplus(x: float) -> float:
    return float(np.log1p(np.exp(x)))


def loss_of(cells: np.ndarray, boxes: np.ndarray, taught: np.ndarray, unknown: np.ndarray | None = None) -> float:
    masks = np.stack([boxes, np.zeros_like(boxes) if unknown is None else unknown], axis=-1)
    return float(cell_loss(cells[..., None].astype("float32"), masks.astype("float32"), taught))


def test_the_loss_averages_inside_and_outside_the_boxes_apart() -> None:
    cells = np.array([[[1.0, -1.0], [2.0, 0.0]]])
    masks = np.zeros((1, 4, 4))
    masks[0, :2, :2] = 1  # the first of four cells
    outside = (softplus(-1) + softplus(2) + softplus(0)) / 3
    assert loss_of(cells, masks, np.float32([[1]])) == pytest.approx((softplus(-1) + outside) / 2, abs=1e-5)
    silent = loss_of(cells, np.zeros((1, 4, 4)), np.float32([[2]]))
    assert silent == pytest.approx(2 * (softplus(1) + softplus(-1) + softplus(2) + softplus(0)) / 4, abs=1e-5)
    assert loss_of(cells, masks, np.float32([[0]])) == 0


def test_nothing_is_asked_of_cells_under_the_lungs() -> None:
    cells = np.array([[[9.0, -1.0], [2.0, 0.0]]])
    lungs = np.zeros((1, 4, 4))
    lungs[0, :2, :2] = 1
    silent = (softplus(-1) + softplus(2) + softplus(0)) / 3
    assert loss_of(cells, np.zeros((1, 4, 4)), np.float32([[1]]), lungs) == pytest.approx(silent, abs=1e-5)
    assert loss_of(cells, np.zeros((1, 4, 4)), np.float32([[1]]), np.ones((1, 4, 4))) == 0


@pytest.mark.parametrize(("covered", "inside"), [(0.30, False), (0.40, True)])
def test_a_cell_is_inside_from_a_third_of_its_area(covered: float, inside: bool) -> None:
    masks = np.zeros((1, 20, 20))
    masks[0, :, : round(20 * covered)] = 1
    cells = np.full((1, 1, 1), 5.0)
    assert (loss_of(cells, masks, np.float32([[1]])) < 1) == inside


def test_pooling_lies_between_the_mean_and_the_maximum() -> None:
    cells = np.float32([[0.0, 1.0], [2.0, 3.0]])[None, ..., None]
    pooled = float(LogMeanExp()(cells)[0, 0])
    assert pooled == pytest.approx(np.log(np.mean(np.exp(5 * cells))) / 5, abs=1e-5)
    assert cells.mean() < pooled < cells.max()
    assert float(LogMeanExp()(np.full((1, 2, 2, 1), 7.0, np.float32))[0, 0]) == pytest.approx(7)


def test_the_answer_is_pooled_from_the_cells_that_are_shown(reading: keras.Model) -> None:
    films = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1), np.uint8)
    both = keras.Model(reading.input, [reading.get_layer("evidence").output, reading.outputs[0]])
    cells, logits = (np.asarray(out) for out in both(films, training=False))
    assert cells.shape == (2, 2, 2, 1)
    np.testing.assert_allclose(logits, np.asarray(LogMeanExp()(cells)), atol=1e-5)
    assert has_cells(reading)


def test_the_taught_network_learns_for_the_one_that_reads(reading: keras.Model) -> None:
    trained = taught_network(reading, 1.0)
    compile_for(trained, RECIPE, phases(RECIPE)[0], 2)
    trained.run_eagerly = True
    rng = np.random.default_rng(0)
    films = rng.integers(0, 256, (4, 32, 32), np.uint8)
    labels = np.float32([0, 1, 0, 1])
    films[labels == 1, 8:24, :16] = 255
    boxes = {1: np.float32([[0, 0.25, 0.5, 0.5]])}
    lungs = {row: np.tile(np.arange(128) < 64, (128, 1)) for row in (1, 3)}
    weights, taught = np.ones(4, np.float32), np.ones(4, np.float32)
    batches = TaughtBatches(films, labels, np.arange(4), 4, weights, boxes=boxes, lungs=lungs, taught=taught)
    (both, given), _, _ = batches[0]
    assert both.shape == (4, 32, 32, 3)
    assert given.shape == (4, 1)
    assert both[1, :, :, 1].sum() == 255 * 16 * 16
    assert not both[1, :, :, 2].any()  # where its boxes are is known
    assert both[3, :, :16, 2].all()
    assert not both[3, :, 16:, 1:].any()
    before = np.array(reading.get_layer("evidence").get_weights()[0])
    trained.train_on_batch(*batches[0][:2])
    assert not np.array_equal(before, reading.get_layer("evidence").get_weights()[0])


def test_a_pneumonia_film_without_boxes_teaches_no_cell_unless_by_its_lungs() -> None:
    films = pd.DataFrame({"path": list("abcd"), "label": ["NORMAL", "PNEUMONIA", "PNEUMONIA", "OTHER"]})
    boxes = {"a": np.zeros((1, 4)), "b": np.float32([[0, 0, 1, 1]])}
    found, taught = boxes_by_row(films, boxes)
    assert list(found) == [1]  # a box on a normal film is none
    assert taught.tolist() == [1, 1, 0, 1]
    assert boxes_by_row(films, boxes, lungs=True)[1].tolist() == [1, 1, 1, 1]


def test_lung_masks_are_a_little_wider_than_the_lungs() -> None:
    inputs = np.stack([chest(seed, False, 224) for seed in range(2)])
    found = lung_masks(inputs, np.array([1]))
    lungs = lung_fields(inputs[1])
    assert list(found) == [1]
    assert found[1][lungs].all()
    assert lungs.sum() < found[1].sum() < 2 * lungs.sum()


def test_frozen_stages_keep_what_was_pretrained() -> None:
    some = network(replace(RECIPE, frozen_stages=3))
    frozen = {layer.name for layer in some.get_layer("backbone").layers if layer.weights and not layer.trainable}
    assert "_conv_stem" in frozen
    assert any(name.startswith("_blocks.4.") for name in frozen)
    assert not any(name.startswith(("_blocks.5.", "_conv_head")) for name in frozen)
