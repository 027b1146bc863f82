"""The gate's network: a small convolutional network that separates frontal films from pictures to refuse."""

import keras
from keras import layers

from cxr_core.imaging.gate_input import SIDE

CLASSES = ("frontal", "inverted", "sideways", "upside_down", "cut", "lateral", "slice", "limb", "other")


def build(seed: int, steps: int, learning_rate: float = 2e-3) -> keras.Model:
    """`uint8 (N, SIDE, SIDE, 1)` -> logits `(N, len(CLASSES))`, compiled; the layer `features` gives `(N, 96)`."""
    keras.utils.set_random_seed(seed)
    picture = keras.Input((SIDE, SIDE, 1), dtype="uint8", name="picture")
    x = layers.Rescaling(1 / 64, offset=-2.0, name="scale")(picture)
    for number, (width, strides) in enumerate(((16, 2), (32, 2), (64, 2), (64, 1), (96, 2), (96, 1)), start=1):
        x = layers.Conv2D(width, 3, strides, padding="same", use_bias=False, name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"norm{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(0.2, seed=seed, name="dropout")(x)
    logits = layers.Dense(len(CLASSES), dtype="float32", name="logits")(x)
    model = keras.Model(picture, logits, name="gate")
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, steps - steps // 20, warmup_target=learning_rate, warmup_steps=steps // 20
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model
