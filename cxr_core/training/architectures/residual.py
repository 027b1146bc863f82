"""A small residual network from scratch (He et al. 2016, arXiv:1512.03385), about 0.7 M parameters."""

from typing import Any

import keras
from keras import layers

from cxr_core.training.architectures import parts
from cxr_core.training.recipe_settings import Recipe


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`; 692,473 parameters with the default widths."""
    film, x = parts.film_input(recipe)
    standardise = {"axis": (1, 2, 3), "center": False, "scale": False, "dtype": "float32", "name": "standardise"}
    x = layers.LayerNormalization(**standardise)(x)

    x = _convolution(x, recipe, recipe.widths[0], 3, strides=2, name="stem")
    x = layers.ReLU(name="stem_relu")(x)
    for stage, width in enumerate(recipe.widths):
        x = _block(x, recipe, width, strides=1 if stage == 0 else 2, name=f"stage{stage + 1}")
    x = layers.GlobalAveragePooling2D(name="pool")(parts.features(x))
    x = parts.dropout(parts.hidden_dense(x, recipe), recipe, "dropout")
    return keras.Model(film, parts.logit(x, recipe), name="residual")


def _block(x: Any, recipe: Recipe, width: int, strides: int, name: str) -> Any:
    shortcut = x
    if strides > 1 or x.shape[-1] != width:
        shortcut = _convolution(x, recipe, width, 1, strides, f"{name}_shortcut")
    y = _convolution(x, recipe, width, 3, strides, f"{name}_a")
    y = layers.ReLU(name=f"{name}_relu")(y)
    y = _convolution(y, recipe, width, 3, 1, f"{name}_b")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([shortcut, y]))


def _convolution(x: Any, recipe: Recipe, width: int, kernel: int, strides: int, name: str) -> Any:
    how = {"use_bias": False, "kernel_regularizer": parts.penalty(recipe)}
    x = layers.Conv2D(width, kernel, strides, padding="same", name=f"{name}_conv", **how)(x)
    return layers.BatchNormalization(name=f"{name}_norm")(x)
