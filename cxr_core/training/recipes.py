"""The recipes: our own, and experiments published on this data set.

`python -m cxr_core train DATA --recipe NAME [--set key=value ...]` fits one; each family's file in `architectures/`
names its source, and the settings chosen here because the source does not give them. Times are for 5,216 films on
2 CPU cores.

residual-128            our own, trained from scratch: AUC 0.99 on held-out patients, 20 s an epoch
sequential-4conv        a widely copied blog's network
xcovnet                 Madaan et al. 2021: accuracy 0.77, recall 0.99, precision 0.73 on the official test; hours
yagci-*                 eight experiments with small networks at 64 pixels; minutes
transfer-*              ImageNet networks, first frozen, then fine-tuned
"""

from dataclasses import replace
from typing import Any, get_type_hints

from cxr_core.errors import not_one_of
from cxr_core.training.recipe_settings import AUGMENTATION, Recipe, differences, parse_setting, recipe_from_dict

__all__ = ["RECIPES", "TRANSFER", "Recipe", "configure", "differences", "recipe_from_dict"]

# The published experiments mention no augmentation, label smoothing, class weights or equalisation.
_PLAIN: dict[str, Any] = dict.fromkeys(AUGMENTATION, 0.0) | {
    "flip": False,
    "label_smoothing": 0.0,
    "class_weights": "none",
    "contrast": "none",
    "weight_decay": 0.0,
}

SEQUENTIAL = Recipe(
    architecture="sequential",
    size=128,
    widths=(32, 32, 64, 32),
    dense=(128,),
    dropout=0.5,
    optimizer="adam",
    schedule="constant",
    epochs=10,
    patience=1000,
    **_PLAIN,
)
"""sequential-4conv. The source leaves open size, dense width, dropout, rate and epochs: 128, 128, 0.5, 1e-3, 10."""

XCOVNET = Recipe(
    architecture="xcovnet",
    size=224,
    widths=(32, 64, 64, 128),
    dense=(2048, 1024, 512),
    dropout=0.2,
    optimizer="adam",
    learning_rate=1e-4,
    schedule="inverse",
    decay=1e-5,
    epochs=10,
    batch=32,
    monitor="val_accuracy",
    patience=5,
    **_PLAIN,
)
"""xcovnet, as published: 208,276,609 parameters, 2.5 GB with Adam's moments."""

YAGCI = Recipe(
    architecture="yagci",
    size=64,
    widths=(32, 32, 64, 64, 128, 128),
    dense=(128,),
    dropout=0.0,
    optimizer="sgd",
    learning_rate=0.1,
    schedule="constant",
    epochs=30,
    batch=20,
    epoch_films=960,
    val_films=320,
    patience=1000,
    **_PLAIN,
)
"""yagci-baseline. Open in the source: widths, rates, L2 strength, dropout rate; see `architectures/yagci.py`."""

_YAGCI_ADAM = replace(YAGCI, optimizer="adam", learning_rate=1e-3)
_YAGCI_WHOLE = replace(_YAGCI_ADAM, epoch_films=0, val_films=0)
_YAGCI_FAMILY = {
    "yagci-baseline": YAGCI,
    "yagci-l2": replace(YAGCI, l2=1e-3),
    "yagci-dropout": replace(YAGCI, dropout=0.5),
    "yagci-shear": replace(YAGCI, shear=0.3),
    "yagci-adam": _YAGCI_ADAM,
    "yagci-deep-adam": replace(_YAGCI_ADAM, widths=(32, 32, 64, 64, 128, 128, 128, 128), dense=(128, 64)),
    "yagci-whole-adam": _YAGCI_WHOLE,
    "yagci-whole-adam-l2": replace(_YAGCI_WHOLE, l2=1e-3),
}

TRANSFER = {
    "transfer-vgg16": "VGG16",
    "transfer-vgg19": "VGG19",
    "transfer-xception": "Xception",
    "transfer-resnet50v2": "ResNet50V2",
    "transfer-densenet121": "DenseNet121",
    "transfer-mobilenetv3": "MobileNetV3Large",
    "transfer-efficientnetv2-b0": "EfficientNetV2B0",
}
_TRANSFER = Recipe(
    size=224,
    contrast="none",
    dropout=0.3,
    epochs=12,
    batch=32,
    learning_rate=1e-3,
    pretrained="imagenet",
    frozen_epochs=4,
    fine_tune_rate=1e-4,
    patience=6,
)

STRONG: dict[str, Any] = {
    "rotation": 15.0,
    "shift": 0.12,
    "zoom": 0.25,
    "shear": 0.1,
    "flip": True,
    "brightness": 0.2,
    "contrast_range": 0.5,
    "gamma": 0.6,
    "noise": 0.03,
    "erase": 0.5,
    "sharpness": 0.5,
    "lowres": 0.5,
    "tone": 0.5,
}
"""Augmentation that narrows the gap between hospitals."""

RELEASED = Recipe(
    architecture="efficientnet_lite_map",
    size=224,
    contrast="standardise",
    resize="via_224",
    epochs=16,
    batch=64,
    learning_rate=7e-4,
    other_weight=0.5,
    lungs=True,
    epoch_films=2560,
    draw="weighted",
    pretrained="imagenet",
    precision="auto",
    **STRONG,
)
"""released: EfficientNet-Lite0 with an evidence map from ImageNet weights, all of it fine-tuned from the first epoch;
see docs/model.md."""

RECIPES: dict[str, Recipe] = {
    "released": RELEASED,
    "residual-128": Recipe(),
    "sequential-4conv": SEQUENTIAL,
    "xcovnet": XCOVNET,
    **_YAGCI_FAMILY,
    "transfer-efficientnet-lite0": replace(_TRANSFER, architecture="efficientnet_lite"),
    **{name: replace(_TRANSFER, architecture=network) for name, network in TRANSFER.items()},
}


def configure(name: str, settings: dict[str, str]) -> Recipe:
    """The recipe of that name with some settings changed, each given as text ("epochs": "3").

    Raises SettingsError for an unknown recipe or setting, or a value out of range.
    """
    if name not in RECIPES:
        raise not_one_of("recipe", name, RECIPES)
    types = get_type_hints(Recipe)
    unknown = [key for key in settings if key not in types]
    if unknown:
        raise not_one_of("setting", unknown[0], types)
    return replace(RECIPES[name], **{key: parse_setting(key, value, types[key]) for key, value in settings.items()})
