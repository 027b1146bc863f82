"""Tests of the cost estimate: one process for networks of the same cost."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cxr_core.training.cost import estimate as cost_estimate
from cxr_core.training.cost.estimate import estimate_cost
from cxr_core.training.recipe_settings import Recipe

RECIPE = Recipe(size=32, batch=10, epochs=2, widths=(4,))
TIMED = {"seconds_a_step": 0.5, "memory": 10**9, "device": "CPU", "parameters": 7, "layers": [{"Layer": "a"}]}


@pytest.fixture
def calls(monkeypatch):
    found = []

    def call(function, arguments, seconds):
        found.append(arguments)
        return cost_estimate.NetworkCost(**TIMED)

    monkeypatch.setattr(cost_estimate, "call_apart", call)
    return found


def test_the_cost_follows_from_films_epochs_and_one_timed_step(calls) -> None:
    cost = estimate_cost(RECIPE, train=95, val=30)
    assert not cost.remembered
    assert cost.seconds_an_epoch == pytest.approx(0.5 * (10 + 1))  # ten steps, and three batches at a third
    assert cost.seconds == pytest.approx(2 * cost.seconds_an_epoch)
    assert estimate_cost(replace(RECIPE, epoch_films=20), 95, 30).seconds_an_epoch == pytest.approx(0.5 * (2 + 1))


def test_what_costs_as_much_is_not_timed_again(calls) -> None:
    first = estimate_cost(RECIPE, 100, 30)
    again = estimate_cost(replace(RECIPE, epochs=4, rotation=5, learning_rate=1e-4), 100, 30)
    assert len(calls) == 1
    assert again.remembered
    assert again.seconds == 2 * first.seconds
    assert again.layers == first.layers
    for other in (replace(RECIPE, batch=20), replace(RECIPE, size=64), replace(RECIPE, widths=(8,))):
        assert not estimate_cost(other, 100, 30).remembered


def test_a_damaged_or_old_file_is_timed_anew(calls, monkeypatch) -> None:
    estimate_cost(RECIPE, 100, 30)
    cost_estimate._file(RECIPE).write_text("{")
    assert not estimate_cost(RECIPE, 100, 30).remembered
    monkeypatch.setattr(cost_estimate, "_KEPT_SECONDS", -1)
    assert not estimate_cost(RECIPE, 100, 30).remembered


def test_a_layer_with_several_outputs_has_a_row() -> None:
    several = SimpleNamespace(name="backbone", count_params=lambda: 7)
    several.output = [SimpleNamespace(shape=(None, 4, 4, 8)), SimpleNamespace(shape=(None, 2))]
    row = {"Layer": "backbone", "Kind": "SimpleNamespace", "Output": "4 x 4 x 8, 2", "Parameters": 7}
    assert cost_estimate._row(several) == row
