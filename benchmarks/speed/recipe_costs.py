"""What a training step of each recipe costs, in units of a matrix product that is timed beside it.

    python -m benchmarks.speed.recipe_costs [RECIPE ...] > cxr_core/training/cost/recipe_costs.csv

Each recipe is timed in a process of its own: the fastest of some steps, then the calibration. A machine that is busy
slows both. Recipes with weights from the internet are timed without them, which costs the same.
"""

import sys
from dataclasses import replace

from cxr_core.jobs.call import call_apart
from cxr_core.limits import MEASUREMENT_SECONDS
from cxr_core.training.cost.rough import calibrate
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import RECIPES


def step_in_units(recipe: Recipe) -> float:
    """Seconds of a training step divided by the seconds of the calibration, both in this process."""
    from cxr_core.training.cost.estimate import measure

    return measure(recipe).seconds_a_step / calibrate()


def main(names: list[str]) -> None:
    """Print one line a recipe."""
    print("recipe,units")
    for name in names or RECIPES:
        recipe = RECIPES[name]
        recipe = replace(recipe, pretrained="none") if recipe.pretrained == "imagenet" else recipe
        units = call_apart("benchmarks.speed.recipe_costs.step_in_units", (recipe,), 3 * MEASUREMENT_SECONDS)
        print(f"{name},{units:.4g}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
