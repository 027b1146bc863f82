"""sequential-4conv: the plain network of a widely copied blog on Keras and these chest X-rays.

Four convolutions of 32, 32, 64 and 32 channels with 2 x 2 kernels, each followed by 2 x 2 max pooling and ReLU;
flatten; dense; dropout; output. The source leaves open the input size (128), padding (Keras's default, "valid"), the
dense width (128), the dropout rate (0.5), the optimiser (Adam, 1e-3) and the epochs (10): chosen here.
"""

import keras
from keras import layers

from cxr_core.training.architectures import parts
from cxr_core.training.recipe_settings import Recipe


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`; 221,729 parameters at 128 pixels."""
    film, x = parts.film_input(recipe)
    for number, width in enumerate(recipe.widths, start=1):
        x = layers.Conv2D(width, 2, kernel_regularizer=parts.penalty(recipe), name=f"conv{number}")(x)
        if number == len(recipe.widths):
            x = parts.features(x)
        x = layers.MaxPooling2D(name=f"pool{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(film, parts.logit(parts.hidden_dense(x, recipe), recipe), name="sequential")
