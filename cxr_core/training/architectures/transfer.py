"""transfer-*: networks of `keras.applications` under one logit, first frozen, then fine-tuned.

VGG16 and VGG19 (arXiv:1409.1556), Xception (1610.02357), ResNet50V2 (1603.05027), DenseNet121 (1608.06993),
MobileNetV3 large (1905.02244), EfficientNetV2-B0 (2104.00298). The grey film is repeated in three channels and scaled
as the ImageNet weights expect. Keras downloads these weights on first use and caches them; if it cannot, the fit ends
with a message that says what to do.
"""

import socket

import keras
from keras import layers

from cxr_core.errors import SettingsError, WorkError
from cxr_core.training.architectures import parts
from cxr_core.training.recipe_settings import Recipe

MIN_SIZE = {"Xception": 71}
MIN_SIZE_OTHERS = 32
CONNECT_SECONDS = 20
# Mean and variance of each channel, of grey values 0 to 255, that the weights were trained with; the networks not
# listed scale their input themselves. VGG: means of ImageNet in the order blue, green, red, not divided ("caffe").
_SCALING = {
    "VGG16": ([103.939, 116.779, 123.68], [1.0] * 3),
    "VGG19": ([103.939, 116.779, 123.68], [1.0] * 3),
    "Xception": ([127.5] * 3, [127.5**2] * 3),
    "ResNet50V2": ([127.5] * 3, [127.5**2] * 3),
    "DenseNet121": (
        [255 * mean for mean in (0.485, 0.456, 0.406)],
        [(255 * spread) ** 2 for spread in (0.229, 0.224, 0.225)],
    ),
}


def build(recipe: Recipe) -> keras.Model:
    """`uint8 (N, S, S, 1)` -> logit `(N, 1)`.

    Raises SettingsError for a film too small for the network, WorkError if ImageNet weights cannot be downloaded.
    """
    name = recipe.architecture
    min_size = MIN_SIZE.get(name, MIN_SIZE_OTHERS)
    if recipe.size < min_size:
        raise SettingsError(thing=f"size={recipe.size}", accepted=f"{name} needs {min_size} pixels or more")
    film, x = parts.film_input(recipe)
    x = parts.as_rgb(layers.Rescaling(255.0, dtype="float32", name="grey_values")(x))
    if name in _SCALING:
        mean, variance = _SCALING[name]
        x = layers.Normalization(mean=mean, variance=variance, dtype="float32", name="scale_as_imagenet")(x)
    x = parts.features(_backbone(recipe)(x))
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = parts.dropout(parts.hidden_dense(x, recipe), recipe, "dropout")
    return keras.Model(film, parts.logit(x, recipe), name=name.lower())


def _backbone(recipe: Recipe) -> keras.Model:
    name, weights = recipe.architecture, None if recipe.pretrained == "none" else "imagenet"
    make = getattr(keras.applications, name)
    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(CONNECT_SECONDS)
    try:
        base = make(include_top=False, weights=weights, input_shape=(recipe.size, recipe.size, 3))
        base.name = "backbone"
        return base
    except Exception as error:  # keras.utils.get_file raises a bare Exception for what urllib says
        if weights is None:
            raise
        raise WorkError(
            "cannot be downloaded",
            thing=f"ImageNet weights of {name}",
            accepted="connect to the network, set pretrained=none, or take transfer-efficientnet-lite0, whose "
            "weights are installed with the app",
        ) from error
    finally:
        socket.setdefaulttimeout(former)
