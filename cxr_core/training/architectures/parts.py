"""Layers that all families share: the input with its augmentation, hidden dense layers, the logit."""

from typing import Any

import keras
from keras import layers, ops

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


@keras.saving.register_keras_serializable("cxr")
class Convolution(keras.layers.Conv2D):  # type: ignore[misc]
    """A `Conv2D` with "same" padding that JAX computes as one product of matrices, of the shifted film's channels.

    Without autotuning, a step with XLA's own convolutions took seven times as long on an H100, see
    docs/performance.md. Other backends, and so the networks that read, compute it as Keras does.
    """

    def __init__(self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "same", **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, padding=padding, **kwargs)

    def call(self, inputs: Any) -> Any:
        if keras.backend.backend() != "jax":
            return super().call(inputs)
        kernel = ops.cast(self.kernel, self.compute_dtype)
        outputs = ops.matmul(self._shifted(inputs), ops.reshape(kernel, (-1, self.filters)))
        outputs = outputs + self.bias if self.use_bias else outputs
        return self.activation(outputs)

    def _shifted(self, inputs: Any) -> Any:
        """The channels of each place under the kernel side by side: `(N, h, w, kernel places x channels)`."""
        side, stride = self.kernel_size[0], self.strides[0]
        if side == 1 and stride == 1:
            return inputs
        sizes = [-(-size // stride) for size in inputs.shape[1:3]]
        reach = [(size - 1) * stride + 1 for size in sizes]
        excess = [max(last + side - 1 - size, 0) for last, size in zip(reach, inputs.shape[1:3], strict=True)]
        padded = ops.pad(inputs, ((0, 0), *((one // 2, one - one // 2) for one in excess), (0, 0)))
        places = [(row, column) for row in range(side) for column in range(side)]
        parts = [padded[:, y : y + reach[0] : stride, x : x + reach[1] : stride] for y, x in places]
        return ops.concatenate(parts, axis=-1)
