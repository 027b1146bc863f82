"""XCOVNet (Madaan et al. 2021, "XCOVNet: Chest X-ray Image Classification for COVID-19 Early Detection Using
Convolutional Neural Networks", New Generation Computing 39, doi 10.1007/s00354-021-00121-7), at 224 x 224 x 3.

3 x 3 "same" convolutions of 32, 64 and 64 channels, each with ReLU, dropout 0.2 and 2 x 2 max pooling, then one of 128
with dropout 0.2; flatten; dense 2048, 1024 and 512 with dropout 0.2; sigmoid. Glorot initialisation (Keras's default).
The grey film is repeated in three channels. The output is the logit; the sigmoid is in the loss.
"""

import keras
from keras import layers

from cxr_core.training.architectures import parts
from cxr_core.training.recipe_settings import Recipe


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`; 208,276,609 parameters at 224 pixels, nearly all in the first dense."""
    film, x = parts.film_input(recipe)
    x = parts.as_rgb(x)
    for number, width in enumerate(recipe.widths, start=1):
        convolution = layers.Conv2D(
            width, 3, padding="same", activation="relu", kernel_regularizer=parts.penalty(recipe), name=f"conv{number}"
        )
        x = convolution(x)
        last = number == len(recipe.widths)
        if last:
            x = parts.features(x)
        x = parts.dropout(x, recipe, f"conv{number}_dropout")
        if not last:
            x = layers.MaxPooling2D(name=f"pool{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(film, parts.logit(parts.hidden_dense(x, recipe), recipe), name="xcovnet")
