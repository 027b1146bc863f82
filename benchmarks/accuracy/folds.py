"""Five-fold cross-validation by patient: how much the metrics of a recipe vary.

    python -m benchmarks.accuracy.folds DATA [--recipe released] [--set epochs=4 ...] [--out models/NAME]

Each fold is an ordinary run under `CXR_HOME/runs`, with its own seed. One that has finished is not repeated, so an
interrupted command continues where it was. Calibration and threshold come from the run's validation patients, the
metrics from its held-out patients. After each fold `folds.csv` has the metrics of each fold, and `label_audit.csv` the
films whose label the network that did not train on them contradicts most.
"""

import argparse
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from cxr_core.backend import import_keras
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import grouped_split, read_split, write_split
from cxr_core.inference.test_time_augmentation import fit_test_time_augmentation
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.calibration import fit_platt
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.curves import roc_curve
from cxr_core.metrics.operating_points import choose_operating_points
from cxr_core.metrics.scores import Scores
from cxr_core.paths import runs_folder
from cxr_core.training.fit import fit
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import configure, recipe_from_dict
from cxr_core.training.runs import Run, create_run

FOLDS = 5
VALIDATION = 0.125
SENSITIVITY = 0.97
CONTRADICTED = 40
METRICS = ("auroc", "sensitivity", "specificity", "accuracy", "ece")


def main() -> None:
    """Fit the folds that have not been fitted; write and print the metrics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--recipe", default="released")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    recipe = configure(options.recipe, dict(pair.split("=", 1) for pair in options.settings))
    index = build_index(options.data)
    rows, scored = [], []
    for fold in range(FOLDS):
        run = fitted_run(index, options.recipe, replace(recipe, seed=fold), fold)
        metrics, films = held_out_metrics(run, index)
        rows.append({"fold": fold, "epochs": run.state()["epoch"], "best_epoch": run.state()["best_epoch"]} | metrics)
        scored.append(films.assign(fold=fold))
        table = pd.DataFrame(rows)
        print(table.to_string(index=False, float_format="{:.4f}".format), flush=True)
        if options.out:
            table.to_csv(options.out / "folds.csv", index=False, float_format="%.4f")
            contradicted_labels(pd.concat(scored)).to_csv(options.out / "label_audit.csv", index=False)
    print(table[[*METRICS, "specificity_at_97"]].agg(["mean", "std"]).to_string(float_format="{:.4f}".format))


def fitted_run(index: Index, name: str, recipe: Recipe, fold: int) -> Run:
    """The finished run of a fold; fitted now, unless it has been before."""
    identity = json.dumps([index.fingerprint, recipe.to_dict()]).encode()
    folder = runs_folder() / f"fold-{fold}-{hashlib.sha256(identity).hexdigest()[:8]}"
    if folder.exists():
        run = Run(folder)
        if run.state()["status"] != "finished":
            fit(run)
        return run
    table = folder.with_suffix(".csv")
    table.parent.mkdir(parents=True, exist_ok=True)
    write_split(index.films, fold_split(index.films, fold), table)
    run = create_run(index.root, name, recipe, table, folder)
    fit(run)
    return run


def fold_split(films: pd.DataFrame, fold: int) -> pd.Series:
    """The fold's patients as "test"; of the others an eighth as "val". The folder's val and test are not used."""
    usable = films[films["split"].isin(["train", ""]) & (films["fault"] == "")].drop_duplicates("sha256")
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(usable, usable["kind"], usable["patient"])
    held_out = usable.index[list(parts)[fold][1]]
    rest = grouped_split(usable.drop(held_out), (1 - VALIDATION, VALIDATION, 0.0), seed=fold)
    result: pd.Series = pd.concat([rest, pd.Series("test", index=held_out)]).reindex(films.index, fill_value="")
    return result


def held_out_metrics(run: Run, index: Index) -> tuple[dict[str, float], pd.DataFrame]:
    """Metrics on the run's held-out patients, and those films with their calibrated scores."""
    validation, films = calibrated(run, index)
    point = choose_operating_points(scores_of(validation))["balanced"]
    scores = scores_of(films)
    estimates = evaluate(scores, point.threshold).to_dict()["figures"]
    roc = roc_curve(scores)
    enough = np.array(roc["sensitivity"]) >= SENSITIVITY
    at_97 = {"specificity_at_97": 1 - float(np.min(np.array(roc["false_positive_rate"])[enough]))}
    return {name: estimates[name]["value"] for name in METRICS} | at_97, films


def calibrated(run: Run, index: Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's validation films and its held-out films, with their `score`, calibrated on the validation films."""
    validation = pd.read_csv(run.folder / "validation.csv", dtype={"patient": str})
    recipe = recipe_from_dict(run.config()["settings"])
    keras = import_keras()
    import cxr_core.training.augmentation  # noqa: F401  registers the layer that best.keras names

    network = keras.saving.load_model(run.folder / "best.keras", compile=False)
    augmentation = fit_test_time_augmentation(validation["logit"].to_numpy(), labels_of(validation), recipe.flip)

    def logits(films: pd.DataFrame) -> np.ndarray:
        inputs = np.array(cached_inputs(index.root, films, recipe.preprocessing()))
        return augmentation.logits(
            lambda batch: network.predict(batch[..., None], batch_size=64, verbose=0)[:, 0], inputs
        )

    val_logits = logits(index.films.set_index("path", drop=False).loc[validation["path"]])
    platt = fit_platt(val_logits, labels_of(validation))
    films = index.films[read_split(index.films, run.folder / "split.csv") == "test"]
    return validation.assign(score=platt.probability(val_logits)), films.assign(score=platt.probability(logits(films)))


def contradicted_labels(films: pd.DataFrame) -> pd.DataFrame:
    """The films whose scores contradict their labels most, in that order."""
    error = (films["score"] - labels_of(films)).abs()
    worst = films.assign(error=error).nlargest(CONTRADICTED, "error")
    return worst[["path", "label", "kind", "patient", "score", "fold"]].round(4)


def labels_of(films: pd.DataFrame) -> np.ndarray:
    """`int (N,)`, 1 = pneumonia."""
    return (films["label"] == PNEUMONIA).to_numpy(int)


def scores_of(films: pd.DataFrame) -> Scores:
    """The calibrated scores of films that have a column `score`."""
    return Scores(labels_of(films), films["score"].to_numpy(), films["patient"].to_numpy(), films["path"].to_numpy())


if __name__ == "__main__":
    main()
