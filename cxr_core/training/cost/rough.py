"""A rough estimate of a training step without building the network: for the first seconds, until steps were timed.

`recipe_costs.csv` says how many products of two matrices a step of each recipe costs; one such product is timed here,
in a few tenths of a second. The table is written by `benchmarks.speed.recipe_costs`.
"""

import csv
import math
import time
from pathlib import Path

import numpy as np

from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import RECIPES
from cxr_core.training.run_device import device_of

SIDE, PRODUCTS = 1024, 8  # the unit: a product of two float32 matrices of this side


def rough_step(recipe_name: str, recipe: Recipe) -> float | None:
    """Seconds for a training batch, right to a factor of three; None on a GPU and for a recipe without a figure.

    A batch costs as much as its films, a film as its pixels, a network as its channels squared.
    """
    units = _units().get(recipe_name)
    if units is None or device_of(recipe) != "cpu":
        return None
    of_recipe = RECIPES[recipe_name]
    films, pixels = recipe.batch / of_recipe.batch, (recipe.size / of_recipe.size) ** 2
    channels = _mean_square(recipe.widths) / _mean_square(of_recipe.widths)
    return units * films * pixels * channels * calibrate()


def calibrate() -> float:
    """Seconds for the matrix product on this machine, the fastest of PRODUCTS."""
    matrix = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    fastest = math.inf
    for _ in range(PRODUCTS):
        started = time.perf_counter()
        matrix @ matrix
        fastest = min(fastest, time.perf_counter() - started)
    return fastest


def _units() -> dict[str, float]:
    with Path(__file__).with_name("recipe_costs.csv").open(encoding="utf-8", newline="") as table:
        return {row["recipe"]: float(row["units"]) for row in csv.DictReader(table)}


def _mean_square(widths: tuple[int, ...]) -> float:
    return sum(width * width for width in widths) / len(widths)
