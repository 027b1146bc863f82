"""Layers that all families share: the input with its augmentation, hidden dense layers, the logit."""

from typing import Any

import keras
from keras import layers

from cxr_core.training.augmentation import FilmAugmentation
from cxr_core.training.recipe_settings import Recipe


def film_input(recipe: Recipe) -> Any:
    """The input `uint8 (N, S, S, 1)` and the augmented film `float32 (N, S, S, 1)` in [0, 1]."""
    keras.utils.set_random_seed(recipe.seed)
    film = keras.Input((recipe.size, recipe.size, 1), dtype="uint8", name="film")
    x = layers.Rescaling(1 / 255, dtype="float32", name="scale")(film)
    return film, FilmAugmentation(**recipe.augmentation(), seed=recipe.seed, dtype="float32", name="augment")(x)


def as_rgb(x: Any) -> Any:
    """The grey channel three times, for networks that expect colour."""
    return layers.Concatenate(dtype="float32", name="as_rgb")([x, x, x])


def penalty(recipe: Recipe) -> Any:
    """The L2 penalty on a kernel, or None."""
    return keras.regularizers.L2(recipe.l2) if recipe.l2 else None


def features(x: Any) -> Any:
    """Marks the last feature map; heat maps and similar films are computed from it."""
    return layers.Activation("linear", name="features")(x)


def hidden_dense(x: Any, recipe: Recipe) -> Any:
    """The recipe's hidden dense layers, each with ReLU and dropout."""
    for number, units in enumerate(recipe.dense, start=1):
        dense = layers.Dense(units, activation="relu", kernel_regularizer=penalty(recipe), name=f"dense{number}")
        x = dropout(dense(x), recipe, f"dense{number}_dropout")
    return x


def dropout(x: Any, recipe: Recipe, name: str) -> Any:
    """Dropout at the recipe's rate; nothing at rate 0."""
    return layers.Dropout(recipe.dropout, seed=recipe.seed, name=name)(x) if recipe.dropout else x


def logit(x: Any, recipe: Recipe) -> Any:
    """The one output; its sigmoid is the probability of pneumonia before calibration."""
    return layers.Dense(1, kernel_regularizer=penalty(recipe), dtype="float32", name="logit")(x)
