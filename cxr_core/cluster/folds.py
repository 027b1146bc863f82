"""Folds: what a recipe is worth on patients, or at a hospital, that it has not seen.

Each fold is an ordinary run under `CXR_HOME/runs`. One that has finished is not repeated, and one that was interrupted
goes on, so that the same command continues where it was.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from cxr_core.cluster.fits import Fits
from cxr_core.datasets.index import Index
from cxr_core.datasets.sources import data_sets
from cxr_core.datasets.split import grouped_split, write_split
from cxr_core.errors import DataSetError, WorkError
from cxr_core.paths import runs_folder
from cxr_core.training.fit import fit
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.run_actions import prepare_resume
from cxr_core.training.runs import Run, create_run

_logger = logging.getLogger(__name__)

FOLDS = 5
VALIDATION = 0.125


@dataclass(frozen=True, eq=False)
class Fold:
    """One fit to be: its name ("fold-0", or "without-SOURCE"), its split of the index's films, and its seed."""

    name: str
    split: pd.Series
    seed: int


def plan_folds(index: Index, leave_one_source_out: bool = False) -> list[Fold]:
    """The folds of a data set: its patients in FOLDS parts, or its sources, each held out ("test") once.

    An eighth of the other patients validates. What a folder calls val or test is not used, and of identical files one
    is. Raises DataSetError if a source cannot be left out, because there is only one.
    """
    films = index.films
    usable = films[films["split"].isin(["train", ""]) & (films["fault"] == "")].drop_duplicates("sha256")
    if leave_one_source_out:
        sources = sorted(usable["source"].unique())
        if len(sources) < 2:
            raise DataSetError(
                f"has one source, {sources[0]}", thing=index.root, accepted="two or more are needed to leave one out"
            )
        parts = [(f"without-{source}", usable.index[usable["source"] == source]) for source in sources]
    else:
        parts = [(f"fold-{number}", held_out) for number, held_out in enumerate(_patient_folds(usable))]
    folds = []
    for number, (name, held_out) in enumerate(parts):
        rest = grouped_split(usable.drop(held_out), (1 - VALIDATION, VALIDATION, 0.0), seed=number)
        split = pd.concat([rest, pd.Series("test", index=held_out)]).reindex(films.index, fill_value="")
        folds.append(Fold(name, split, number))
    return folds


def fitted_folds(
    index: Index,
    recipe_name: str,
    recipe: Recipe,
    folds: list[Fold],
    report: Callable[[str], None] = print,
    cluster: Fits | None = None,
) -> Iterator[tuple[Fold, Run]]:
    """Each fold with its finished run, fitted now unless it was before; `report` gets a sentence before each fit.

    They are fitted here one after another, or all before the first is given, on a cluster. Raises what `fit` raises,
    and WorkError for a fold that failed on the cluster; a run that was stopped ends the folds.
    """
    run_of = partial(_run_of, index, recipe_name, recipe)
    if cluster:
        runs = list(map(run_of, folds))
        for run in runs:
            if run.state().status == "failed":
                prepare_resume(run)
        cluster.fit_all([(run, recipe.epochs) for run in runs], report)
    for number, fold in enumerate(folds, 1):
        run = run_of(fold)
        state = run.state()
        if cluster and state.status == "failed":
            raise WorkError(state.message, thing=f"run {run.id}")
        if not cluster and state.status != "finished":
            report(f"{fold.name}: fitting, {run.folder}.")
            if state.status != "starting":
                prepare_resume(run)
            _logger.info("fold %d of %d begins", number, len(folds))
            fit(run)
        if run.state().status != "finished":
            report(f"{fold.name}: was stopped; the same command goes on from here.")
            return
        yield fold, run


def _run_of(index: Index, recipe_name: str, recipe: Recipe, fold: Fold) -> Run:
    """The run of a fold, created if there is none."""
    recipe = replace(recipe, seed=fold.seed)
    identity = json.dumps([index.fingerprint, recipe.to_dict()]).encode()
    folder = runs_folder() / f"{fold.name}-{hashlib.sha256(identity).hexdigest()[:8]}"
    if (folder / "state.json").exists():
        return Run(folder)
    table: Path = folder.with_suffix(".csv")
    table.parent.mkdir(parents=True, exist_ok=True)
    write_split(index.films, fold.split, table)
    sources = data_sets(index)
    return create_run(sources if len(sources) > 1 else sources[0], recipe_name, recipe, table, folder)


def _patient_folds(usable: pd.DataFrame) -> list[pd.Index]:
    """The rows of each of FOLDS parts: no patient in two of them, each source and kind in all."""
    from sklearn.model_selection import StratifiedGroupKFold

    strata = usable["source"] + "/" + usable["kind"]
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(usable, strata, usable["patient"])
    return [usable.index[held_out] for _, held_out in parts]
