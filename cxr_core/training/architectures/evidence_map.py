"""EfficientNet-Lite0 with an evidence map: the film's answer is pooled from a logit for each cell of the film.

A cell is 16 x 16 pixels: 14 x 14 cells at 224 pixels. Its logit is made of the last block of stride 16 and of the last
features, enlarged to the same cells; both by 1 x 1 convolutions to CHANNELS, added, batch norm, ReLU, a 3 x 3 depthwise
convolution, one logit a cell. The film's logit is the log-mean-exp of its cells, between their mean and their maximum
(Pinheiro & Collobert 2015, arXiv:1411.6228). So what is shown is what decided (Li et al., CVPR 2018,
doi 10.1109/CVPR.2018.00865). `architectures.cells` teaches the cells.
"""

from typing import Any

import keras
from keras import layers, ops

from cxr_core.training.architectures import efficientnet_lite, parts
from cxr_core.training.recipe_settings import Recipe

CHANNELS = 128
SHARPNESS = 5.0  # of the pooling: 0 would be the mean of the cells, infinity the highest cell
STRIDE_16 = "_blocks.10._add"


@keras.saving.register_keras_serializable("cxr")
class LogMeanExp(keras.layers.Layer):  # type: ignore[misc]
    """`(N, h, w, 1)` -> `(N, 1)`: log(mean(exp(sharpness x cell))) / sharpness, in float32."""

    def __init__(self, sharpness: float = SHARPNESS, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **{key: value for key, value in kwargs.items() if key != "dtype"})
        self.sharpness = sharpness

    def call(self, cells: Any) -> Any:
        count = cells.shape[1] * cells.shape[2]
        flat = ops.reshape(cells, (-1, count)) * self.sharpness
        return (ops.logsumexp(flat, axis=1, keepdims=True) - ops.log(float(count))) / self.sharpness

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"sharpness": self.sharpness}


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`; the layer `evidence` gives the cells `float32 (N, S / 16, S / 16, 1)`.

    Raises WorkError if the ImageNet weights are missing.
    """
    film, x = parts.film_input(recipe)
    x = layers.Rescaling(255 / 128, -127 / 128, dtype="float32", name="scale_as_imagenet")(x)
    last, middle = _backbone(recipe)(parts.as_rgb(x))
    last = parts.features(last)
    fine = parts.Convolution(CHANNELS, 1, use_bias=False, name="cells_fine")(middle)
    coarse = parts.Convolution(CHANNELS, 1, use_bias=False, name="cells_coarse")(parts.dropout(last, recipe, "dropout"))
    coarse = layers.UpSampling2D(2, interpolation="bilinear", name="cells_enlarged")(coarse)
    if coarse.shape[1:3] != fine.shape[1:3]:  # a side that is no multiple of 32
        coarse = layers.CenterCrop(*fine.shape[1:3], name="cells_cropped")(coarse)
    x = layers.Add(name="cells_added")([fine, coarse])
    x = layers.ReLU(name="cells_relu")(layers.BatchNormalization(name="cells_norm")(x))
    x = layers.DepthwiseConv2D(3, padding="same", name="cells_filter")(x)
    cells = parts.Convolution(1, 1, dtype="float32", name="evidence")(x)
    return keras.Model(film, LogMeanExp(name="logit")(cells), name="efficientnet_lite0_map")


def _backbone(recipe: Recipe) -> keras.Model:
    """`float32 (N, S, S, 3)` -> last features `(N, S / 32, S / 32, 1280)`, of stride 16 `(N, S / 16, S / 16, 112)`."""
    base = efficientnet_lite.backbone(recipe.size)
    if recipe.pretrained == "imagenet":
        efficientnet_lite.load_imagenet(base)
    efficientnet_lite.freeze(base, recipe.frozen_stages)
    return keras.Model(base.input, [base.output, base.get_layer(STRIDE_16).output], name="backbone")
