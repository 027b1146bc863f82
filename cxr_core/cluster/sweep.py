"""A sweep: one recipe with several settings, each with several seeds, the worse ones stopped early.

Each trial is an ordinary run; its id is made of the sweep's, which is made of the films and settings, so that the same
command goes on where it was. Settings are stopped by successive halving (Jamieson and Talwalkar 2016,
arXiv:1502.07943): all are fitted to a ninth of the epochs, the best third of them to a third, the best third of these
to the end. Compared is the mean over seeds of the AUC on the worst source. ASHA (Li et al. 2020, arXiv:1810.05934), as
in Ray Tune, decides by the order in which trials arrive, so that the same sweep would stop other trials on another
machine; this decides alike everywhere, and trials wait for each other at two epochs.
"""

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cxr_core.cluster.fits import Fits, epochs_done
from cxr_core.cluster.sweep_record import Sweep, sweeps_folder
from cxr_core.cluster.sweep_table import score_at
from cxr_core.datasets.index import Index
from cxr_core.datasets.sources import data_sets
from cxr_core.datasets.split import write_split
from cxr_core.errors import SettingsError, work_error
from cxr_core.paths import runs_folder
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import configure
from cxr_core.training.run_actions import describe, rename
from cxr_core.training.runs import Run, create_run
from cxr_core.training.split_assignment import assign_split

KEEP = 3
"""One in so many settings is fitted further."""
RUNGS = 3
MOST_TRIALS = 1000
INSTEAD = {
    "epochs": "`--set epochs=N` is accepted: trials are compared at the same epochs",
    "seed": "`--seeds N` is accepted",
}
"""Settings that `--try` refuses, and what is accepted."""


def plan_sweep(
    index: Index,
    recipe_name: str,
    settings: Mapping[str, str],
    tried: Mapping[str, Sequence[str]],
    seeds: int,
    split: Path | None = None,
) -> Sweep:
    """The sweep, whose runs are created unless they are there. settings: the same for all, see `configure`.

    Raises SettingsError for a value that is not accepted or too many trials, and what `assign_split` raises.
    """
    _check(tried, seeds)
    combinations = [dict(zip(tried, values, strict=True)) for values in itertools.product(*tried.values())]
    recipes = [configure(recipe_name, {**settings, **one}) for one in combinations]
    if len(set(recipes)) < len(recipes):
        raise SettingsError("gives the same settings twice", thing="--try", accepted="each value is accepted once")
    table = assign_split(index, replace(recipes[0], subset=0), split)
    identity = json.dumps([index.fingerprint, [recipe.to_dict() for recipe in recipes], seeds, table.tolist()])
    sweep_id = f"sweep-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    folder = sweeps_folder() / sweep_id
    split_file = folder / "split.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not split_file.exists():
            write_split(index.films, table, split_file)
        trials = [
            {
                "settings": one,
                "runs": [_run(index, recipe_name, r, split_file, n, one).id for r in _seeded(recipe, seeds)],
            }
            for n, (one, recipe) in enumerate(zip(combinations, recipes, strict=True))
        ]
        values = {"id": sweep_id, "recipe": recipe_name, "tried": {k: list(v) for k, v in tried.items()}}
        rungs = rungs_of(max(recipes, key=lambda recipe: recipe.small_epochs + recipe.frozen_epochs))
        sweep = Sweep.from_dict(values | {"trials": trials, "rungs": rungs})
        sweep.write(folder / "sweep.json")
    except OSError as error:
        raise work_error(folder, "cannot be written", error) from error
    return sweep


def _check(tried: Mapping[str, Sequence[str]], seeds: int) -> None:
    for name, instead in INSTEAD.items():
        if name in tried:
            raise SettingsError("is the same for all settings", thing=f"--try {name}", accepted=instead)
    if seeds < 1:
        raise SettingsError(thing=f"--seeds {seeds}", accepted="1 or more is accepted")
    trials = seeds * math.prod(map(len, tried.values()))
    if trials > MOST_TRIALS:
        raise SettingsError(thing=f"{trials:,} trials", accepted=f"up to {MOST_TRIALS:,} are accepted")


def rungs_of(recipe: Recipe) -> list[int]:
    """The epochs after which settings are compared: a ninth of all, a third, all.

    None before the whole network learns from whole films.
    """
    found, first = [recipe.epochs], recipe.small_epochs + recipe.frozen_epochs
    while len(found) < RUNGS and first < (earlier := -(-found[0] // KEEP)) < found[0]:
        found.insert(0, earlier)
    return found


def fit_sweep(sweep: Sweep, fits: Fits, report: Callable[[str], None]) -> None:
    """Fit the trials, and stop the worse ones at each rung. Raises what `fits` raises.

    A run that fails counts as the worst; one that its user stops counts with the epochs that it has.
    """
    left = list(range(len(sweep.settings)))
    for rung in sweep.rungs:
        fits.fit_all([(_of_id(run), rung) for n in left for run in sweep.runs[n]], report)
        if rung == sweep.rungs[-1]:
            return
        scores = {n: float(np.mean([_compared(_of_id(run), rung) for run in sweep.runs[n]])) for n in left}
        best = sorted(left, key=lambda n: (-scores[n], n))[: -(-len(left) // KEEP)]
        for n in set(left) - set(best):
            for run in map(_of_id, sweep.runs[n]):
                if run.state().status == "stopped":
                    run.update(
                        message=f"Stopped after epoch {epochs_done(run)}: other settings of its sweep were better."
                    )
        report(f"Epoch {rung}: {len(best)} of {len(left)} settings are fitted further.")
        left = sorted(best)


def _compared(run: Run, epoch: int) -> float:
    return 0.0 if run.state().status == "failed" else score_at(run, epoch)


def _seeded(recipe: Recipe, seeds: int) -> list[Recipe]:
    return [replace(recipe, seed=recipe.seed + seed) for seed in range(seeds)]


def _of_id(run_id: str) -> Run:
    return Run(runs_folder() / run_id)


def _run(index: Index, name: str, recipe: Recipe, split: Path, number: int, settings: Mapping[str, str]) -> Run:
    folder = runs_folder() / f"{split.parent.name}-{number:03}-seed{recipe.seed}"
    if (folder / "state.json").exists():
        return Run(folder)
    sources = data_sets(index)
    run = create_run(sources if len(sources) > 1 else sources[0], name, recipe, split, folder)
    shown = " ".join(f"{key}={value}" for key, value in settings.items())
    rename(run, f"{shown[:50]} seed {recipe.seed}".strip())
    describe(run, tags=[split.parent.name])
    return run
