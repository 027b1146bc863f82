"""Network families, one file each. A family's `build(recipe)` gives a `keras.Model` from `uint8 (N, S, S, 1)`
to one logit `(N, 1)` named `logit`; its last feature map is the output of the layer named `features`."""

from importlib import import_module
from typing import Any

from cxr_core.errors import not_one_of

FAMILIES = {
    "residual": "residual",
    "sequential": "sequential",
    "xcovnet": "xcovnet",
    "yagci": "yagci",
    "efficientnet_lite": "efficientnet_lite",
    "efficientnet_lite_map": "evidence_map",
} | dict.fromkeys(
    ("VGG16", "VGG19", "Xception", "ResNet50V2", "DenseNet121", "MobileNetV3Large", "EfficientNetV2B0"), "transfer"
)
"""The module that builds each architecture."""


def build(recipe: Any) -> Any:
    """The untrained network of a recipe, a `keras.Model`.

    Raises SettingsError for an unknown family, WorkError if pretrained weights are requested and not available.
    """
    if recipe.architecture not in FAMILIES:
        raise not_one_of("architecture", recipe.architecture, FAMILIES)
    return import_module(f"{__name__}.{FAMILIES[recipe.architecture]}").build(recipe)
