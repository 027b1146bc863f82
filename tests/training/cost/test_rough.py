"""The rough cost of a step, before any was timed."""

from dataclasses import replace

import pytest

from cxr_core.training.cost import rough
from cxr_core.training.cost.rough import calibrate, rough_step
from cxr_core.training.recipes import RECIPES

NAME = "residual-128"


@pytest.fixture(autouse=True)
def calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rough, "calibrate", lambda: 0.5)
    monkeypatch.setattr(rough, "_units", lambda: {NAME: 10.0})
    monkeypatch.setattr(rough, "device_of", lambda recipe: recipe.device if recipe.device == "gpu" else "cpu")


def test_a_step_costs_as_its_films_pixels_and_channels() -> None:
    recipe = RECIPES[NAME]
    assert rough_step(NAME, recipe) == pytest.approx(5)
    assert rough_step(NAME, replace(recipe, batch=2 * recipe.batch)) == pytest.approx(10)
    assert rough_step(NAME, replace(recipe, size=recipe.size // 2)) == pytest.approx(1.25)
    halved = tuple(width // 2 for width in recipe.widths)
    assert rough_step(NAME, replace(recipe, widths=halved)) == pytest.approx(1.25)


def test_nothing_is_said_on_a_gpu_or_without_a_figure() -> None:
    assert rough_step(NAME, replace(RECIPES[NAME], device="gpu")) is None
    assert rough_step("released", RECIPES["released"]) is None


def test_every_recipe_has_a_figure_and_the_calibration_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    units = rough._units()
    assert units.keys() == RECIPES.keys()
    assert all(one > 0 for one in units.values())
    assert calibrate() > 0
