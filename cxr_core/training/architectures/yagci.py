"""The Yagci family: small plain networks at 64 x 64 pixels, published with eight sets of settings.

Six 3 x 3 convolutions and two dense layers, or eight and three. The source names the depth, the optimisers, the batch
of 20, 30 epochs of 960 training and 320 validation films, and the results on a 70/15/15 split by image. It leaves
open, and chosen here are: channels 32, 32, 64, 64, 128, 128 (and twice 128 more), "same" padding, ReLU, 2 x 2 max
pooling after every convolution (of the eight, after six: 64 is two to the sixth), hidden dense layers of 128 (128 and
64), the last dense layer being the output; SGD at 0.1 without momentum (at 0.01 the validation
AUC was still rising steeply after 30 epochs), Adam at 1e-3; L2 of 1e-3 on every kernel;
dropout 0.5 after the hidden dense layers; shear 0.3 as a tangent (16.7 degrees either way; Keras's former
`shear_range=0.3` would be 0.3 degrees, which does nothing). Each variant changes the baseline in the one respect it is
named for.
"""

import keras
from keras import layers

from cxr_core.training.architectures import parts
from cxr_core.training.recipe_settings import Recipe


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`; 303,073 parameters with six convolutions, 606,433 with eight."""
    film, x = parts.film_input(recipe)
    unpooled = _unpooled(len(recipe.widths), recipe.size)
    for number, width in enumerate(recipe.widths, start=1):
        convolution = layers.Conv2D(
            width, 3, padding="same", activation="relu", kernel_regularizer=parts.penalty(recipe), name=f"conv{number}"
        )
        x = convolution(x)
        if number == len(recipe.widths):
            x = parts.features(x)
        if number not in unpooled:
            x = layers.MaxPooling2D(name=f"pool{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(film, parts.logit(parts.hidden_dense(x, recipe), recipe), name="yagci")


def _unpooled(depth: int, size: int) -> set[int]:
    """Which convolutions, counted from 1, keep their size, so that a film of that size is halved to one pixel at most.

    From the end every second one, so that each size that is left is worked on twice.
    """
    too_many = max(0, depth - (size.bit_length() - 1))
    return set([*range(depth - 1, 0, -2), *range(depth, 0, -2)][:too_many])
