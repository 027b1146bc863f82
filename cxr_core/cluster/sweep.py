"""A sweep: one recipe with several settings, each with several seeds, the worse ones stopped early.

    CXR_HOME/sweeps/ID/sweep.json   what is tried, and the runs
                       split.csv    the split that all of them are trained and compared on

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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from cxr_core.cluster.fits import Fits, epochs_done
from cxr_core.datasets.index import Index
from cxr_core.datasets.sources import data_sets
from cxr_core.datasets.split import write_split
from cxr_core.errors import DamagedRecord, SettingsError, work_error
from cxr_core.labels import PNEUMONIA
from cxr_core.paths import home, runs_folder
from cxr_core.records import Fields, Record
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import configure
from cxr_core.training.run_actions import describe, rename
from cxr_core.training.runs import Run, create_run
from cxr_core.training.split_assignment import assign_split

KEEP = 3
"""One in so many settings is fitted further."""
RUNGS = 3
MOST_TRIALS = 1000
_BY_SOURCE = "val_auc_"


@dataclass(frozen=True)
class Sweep(Record):
    """`sweep.json`. tried: setting to its values. settings: of each combination. runs: of each, a run's id per seed.

    rungs: the epochs after which settings are compared; the last is the recipe's.
    """

    what: ClassVar[str] = "a sweep"
    id: str
    recipe: str
    tried: Mapping[str, tuple[str, ...]]
    settings: tuple[Mapping[str, str], ...]
    runs: tuple[tuple[str, ...], ...]
    rungs: tuple[int, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The sweep of a JSON object. Raises ValueError."""
        fields = Fields(values)
        tried = fields.part("tried")
        trials = fields.parts("trials")
        return cls(
            content=values,
            id=fields.text("id"),
            recipe=fields.text("recipe"),
            tried={name: tried.texts(name) for name in tried.values},
            settings=tuple({k: part.part("settings").text(k) for k in part.part("settings").values} for part in trials),
            runs=tuple(part.texts("runs") for part in trials),
            rungs=tuple(map(int, fields.numbers("rungs"))),
        )


def sweeps_folder() -> Path:
    """`sweeps/` under the home folder; it may not exist."""
    return home() / "sweeps"


def list_sweeps() -> tuple[list[Sweep], list[str]]:
    """The sweeps of this home folder, and a sentence for each that cannot be read."""
    found, messages = [], []
    for file in sorted(sweeps_folder().glob("*/sweep.json")):
        try:
            found.append(Sweep.read(file))
        except DamagedRecord as error:
            messages.append(str(error))
    return found, messages


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
    if seeds < 1 or seeds * np.prod([len(values) for values in tried.values()]) > MOST_TRIALS:
        raise SettingsError(f"--seeds {seeds}: one or more are accepted, and up to {MOST_TRIALS:,} trials together.")
    combinations = [dict(zip(tried, values, strict=True)) for values in itertools.product(*tried.values())]
    recipes = [configure(recipe_name, {**settings, **one}) for one in combinations]
    if len({recipe.epochs for recipe in recipes}) > 1:
        raise SettingsError("--try epochs: is not accepted: trials are compared at the same epochs.")
    table = assign_split(index, replace(recipes[0], seed=0, subset=0), split)
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
        sweep = Sweep.from_dict(values | {"trials": trials, "rungs": rungs_of(recipes[0])})
        sweep.write(folder / "sweep.json")
    except OSError as error:
        raise work_error(folder, "cannot be written", error) from error
    return sweep


def rungs_of(recipe: Recipe) -> list[int]:
    """The epochs after which settings are compared: a ninth of all, a third, all; none before the whole network learns
    from whole films."""
    found, first = [recipe.epochs], recipe.small_epochs + recipe.frozen_epochs
    while len(found) < RUNGS and first < (earlier := -(-found[0] // KEEP)) < found[0]:
        found.insert(0, earlier)
    return found


def fit_sweep(sweep: Sweep, fits: Fits, report: Callable[[str], None]) -> None:
    """Fit the trials, and stop the worse ones at each rung. Raises CXRError if no run can be fitted."""
    left = list(range(len(sweep.settings)))
    for rung in sweep.rungs:
        fits.fit_all([(_of_id(run), rung) for n in left for run in sweep.runs[n]], report)
        if rung == sweep.rungs[-1]:
            return
        scores = {n: float(np.mean([score_at(_of_id(run), rung) for run in sweep.runs[n]])) for n in left}
        best = sorted(left, key=lambda n: (-scores[n], n))[: -(-len(left) // KEEP)]
        for n in set(left) - set(best):
            for run in map(_of_id, sweep.runs[n]):
                if run.state().status == "stopped":
                    run.update(
                        message=f"Stopped after epoch {epochs_done(run)}: other settings of its sweep were better."
                    )
        report(f"Epoch {rung}: {len(best)} of {len(left)} settings are fitted further.")
        left = sorted(best)


def score_at(run: Run, epoch: int) -> float:
    """The AUC on the worst source at the best epoch by `val_auc` up to an epoch; 0 without any."""
    history = run.history()
    history = history[history["epoch"] <= epoch] if len(history) else history
    if history.empty:
        return 0.0
    best = history.iloc[int(history["val_auc"].to_numpy().argmax())].to_dict()
    by_source = [float(value) for name, value in best.items() if str(name).startswith(_BY_SOURCE)]
    return min(by_source, default=float(best["val_auc"]))


def sweep_table(sweep: Sweep) -> pd.DataFrame:
    """One row for each combination, those that came furthest first and the best first among them.

    The tried settings; "epochs"; "worst_source_auc" and "val_auc", mean over seeds at their best epochs; "spread", of
    the former over seeds; "ensemble_auc", on the worst source, of the seeds' mean logit, NaN with one seed; "run", the
    best seed's; "status" of that.
    """
    rows = []
    for settings, ids in zip(sweep.settings, sweep.runs, strict=True):
        runs = [Run(runs_folder() / run) for run in ids if (runs_folder() / run / "state.json").exists()]
        if not runs:
            continue
        scores = [score_at(run, sweep.rungs[-1]) for run in runs]
        best = runs[int(np.argmax(scores))]
        aucs = [run.history()["val_auc"].max() for run in runs if epochs_done(run)]
        figures = {
            "epochs": min(map(epochs_done, runs)),
            "worst_source_auc": float(np.mean(scores)),
            "val_auc": float(np.mean(aucs)) if aucs else float("nan"),
            "spread": float(np.ptp(scores)),
            "ensemble_auc": _ensemble(runs),
        }
        rows.append({**settings, **figures, "run": best.id, "status": best.state().status})
    table = pd.DataFrame(rows)
    return table.sort_values(["epochs", "worst_source_auc"], ascending=False, ignore_index=True) if rows else table


def _ensemble(runs: list[Run]) -> float:
    from sklearn.metrics import roc_auc_score

    files = [run.folder / "validation.csv" for run in runs]
    if len(files) < 2 or not all(file.exists() for file in files):
        return float("nan")
    tables = [pd.read_csv(file).sort_values("path", ignore_index=True) for file in files]
    mean = tables[0].assign(logit=np.mean([table["logit"].to_numpy() for table in tables], axis=0))
    groups = [films for _, films in mean.groupby("source") if films["label"].nunique() == 2]
    aucs = [float(roc_auc_score(films["label"] == PNEUMONIA, films["logit"])) for films in groups]
    return min(aucs, default=float("nan"))


def _seeded(recipe: Recipe, seeds: int) -> list[Recipe]:
    return [replace(recipe, seed=seed) for seed in range(seeds)]


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
