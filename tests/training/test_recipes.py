"""Recipes: typed, checked, written to and read from JSON."""

import json

import pytest

from cxr_core.errors import SettingsError
from cxr_core.training.recipe_settings import CHOICES, RANGES
from cxr_core.training.recipes import RECIPES, Recipe, configure, differences, recipe_from_dict


def test_settings_are_parsed_by_their_type() -> None:
    recipe = configure("residual-128", {"epochs": "3", "learning_rate": "1e-4", "flip": "true", "widths": "8,16"})
    assert (recipe.epochs, recipe.learning_rate, recipe.flip, recipe.widths) == (3, 1e-4, True, (8, 16))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name: str) -> None:
    assert recipe_from_dict(json.loads(json.dumps(RECIPES[name].to_dict()))) == RECIPES[name]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"epoch": "3"}, "epoch"),
        ({"epochs": "many"}, "epochs=many"),
        ({"epochs": "0"}, "epochs=0"),
        ({"learning_rate": "nan"}, "learning_rate"),
        ({"flip": "perhaps"}, "flip=perhaps"),
        ({"widths": ""}, "widths"),
        ({"contrast": "vivid"}, "contrast=vivid"),
        ({"class_weights": "heavy"}, "class_weights=heavy"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        configure("residual-128", settings)


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(SettingsError, match="residual-128"):
        configure("resnet-9000", {})


def test_settings_of_an_earlier_version_get_the_defaults() -> None:
    settings = RECIPES["residual-128"].to_dict()
    earlier = {name: value for name, value in settings.items() if name not in ("optimizer", "schedule", "loss")}
    assert recipe_from_dict(earlier) == RECIPES["residual-128"]


def test_settings_of_a_later_version_are_refused() -> None:
    with pytest.raises(SettingsError, match="mixup"):
        recipe_from_dict(RECIPES["residual-128"].to_dict() | {"mixup": 0.2})


def test_differences_name_both_values() -> None:
    one, other = configure("residual-128", {}), configure("residual-128", {"batch": "64", "dense": "8, 4"})
    assert differences(one.to_dict(), other.to_dict()) == {"batch": (32, 64), "dense": ([], [8, 4])}


def test_every_setting_has_a_range_or_choices_or_a_check_of_its_own() -> None:
    assert set(Recipe().to_dict()) == set(RANGES) | set(CHOICES) | {"architecture", "widths", "dense", "flip", "lungs"}
