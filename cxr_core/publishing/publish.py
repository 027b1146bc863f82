"""A run's best weights become a model folder: calibrated on validation patients, measured on held-out ones."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core import __version__
from cxr_core.backend import import_keras
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.datasets.summary import counts
from cxr_core.errors import InputError, SettingsError, WorkError
from cxr_core.evaluation.run import measure
from cxr_core.evaluation.test_set_access import record_test_figures
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.test_time_augmentation import fit_test_time_augmentation
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.calibration import fit_platt
from cxr_core.metrics.conformal import fit_conformal
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.operating_points import choose_operating_points
from cxr_core.metrics.scores import Scores
from cxr_core.models.registry import Model, check_name, list_models, sha256_of
from cxr_core.models.runtime import Network
from cxr_core.paths import published_models_folder
from cxr_core.publishing.answers import describe_answers
from cxr_core.publishing.card_figures import data_flow, parts_and_openings
from cxr_core.publishing.card_builder import describe_use
from cxr_core.publishing.fit_heatmap import fit_heatmap
from cxr_core.training.recipes import recipe_from_dict
from cxr_core.training.runs import Run

OPERATING_POINT = "balanced"
ERROR_RATE = 0.1


def publish(run: Run, name: str, into: Path | None = None) -> Model:
    """Make a model folder of a run's best weights, under the user's models or `into`.

    Calibration, conformal limits and operating points are fitted on the run's validation patients. If the run has
    held-out patients, they are opened here, once, for the card's figures, and the opening is recorded; if not, the
    figures are those of the validation patients, and said to be.
    Raises SettingsError for a bad name or one that is taken, WorkError if the run has no weights yet, InputError if its
    validation or held-out films changed since.
    """
    check_name(name)
    folder = (into or published_models_folder()) / name
    if folder.exists() or name in [model.name for model in list_models()]:
        raise SettingsError(f"name {name!r}: is taken; another name is accepted.")
    if run.live:
        raise WorkError(f"run {run.id}: is at work; stop it, or wait until it has finished.")
    if not (run.folder / "validation.csv").exists():
        raise WorkError(f"run {run.id}: has no validated weights; an epoch must end before a run can be published.")
    unfinished = folder.with_name(f".{name}.part")
    part = unfinished / name
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        (part / "evaluations").mkdir(parents=True)
        _save_for_reading(run.folder / "best.keras", part / "model.keras")
        shutil.copyfile(run.folder / "split.csv", part / "split.csv")
        index = build_index(Path(run.config()["data"]))
        validation, held_out = (films_of(run, index, part_of) for part_of in ("val", "test"))
        model = Model(part, _card(run, name, part, index, validation))
        fit_heatmap(model, index)
        _measure(model, index, validation, held_out)
        part.rename(folder)
    except OSError as error:
        raise WorkError(f"{folder}: the model folder cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Model(folder, model.card)


def _card(run: Run, name: str, folder: Path, index: Index, validation: pd.DataFrame) -> dict[str, Any]:
    config, state = run.config(), run.state()
    recipe = recipe_from_dict(config["settings"])
    table = pd.read_csv(run.folder / "validation.csv", dtype={"patient": str})
    split = pd.read_csv(run.folder / "split.csv", dtype={"patient": str})
    labels = (table["label"] == PNEUMONIA).to_numpy(int)
    look = fit_test_time_augmentation(table["logit"].to_numpy(float), labels, recipe.flip)
    network = Network(Model(folder, {"sha256": sha256_of(folder / "model.keras")}))
    films = validation.set_index("path", drop=False).loc[table["path"]]
    logits = look.logits(network.logits, np.array(cached_inputs(index.root, films, recipe.preprocessing())))
    platt = fit_platt(logits, labels)
    scores = Scores(labels, platt.probability(logits), table["patient"].to_numpy(), table["path"].to_numpy())
    points = choose_operating_points(scores)
    limits = fit_conformal(scores, (0.02, 0.05, 0.1, 0.2))
    metrics = evaluate(scores, points[OPERATING_POINT].threshold).to_dict()
    return {
        "name": name,
        "summary": f"Pneumonia or normal, {config['recipe']}, {recipe.size} x {recipe.size} pixels, "
        f"{state['parameters'] / 1e6:.1f} M parameters.",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": f"cxr_core {__version__}",
        "sha256": sha256_of(folder / "model.keras"),
        "input": {
            "channels": 1,
            "dtype": "uint8",
            "scaling": "grey values 0 to 255 enter the network; its first layers scale and standardise them",
            "preprocessing": recipe.preprocessing().to_dict(),
        },
        "classes": [NORMAL, PNEUMONIA],
        "calibration": {
            "method": "Platt scaling (Platt 1999)",
            "parameters": {"slope": platt.slope, "intercept": platt.intercept},
            "fitted_on": f"{len(scores)} films of the validation patients",
        },
        "second_look": look.to_dict(),
        "operating_point": OPERATING_POINT,
        "operating_points": {key: point.to_dict() for key, point in points.items()},
        "conformal": {
            "method": "class-conditional split conformal prediction (Vovk 2012), on the validation patients",
            "error_rate": ERROR_RATE,
            "limits": limits[f"{ERROR_RATE:g}"].to_dict(),
            "limits_by_error_rate": {rate: limit.to_dict() for rate, limit in limits.items()},
        },
        "training": {
            "data": Path(config["data"]).name,
            "fingerprint": state["fingerprint"],
            "recipe": config["recipe"],
            "settings": config["settings"],
            "split": {str(name): counts(part) for name, part in split.groupby("split")},
            "split_sha256": sha256_of(run.folder / "split.csv"),
            "data_flow": data_flow(index, split),
            "epochs": int(state["epoch"]),
            "best_epoch": int(state["best_epoch"]),
            "chosen_by": recipe.monitor,
        },
        "figures": _figures(metrics, "the validation patients, on which epoch and threshold were chosen (optimistic)"),
    } | describe_use(index.root, split["path"].tolist(), float((split["label"] == PNEUMONIA).mean()))


def _measure(model: Model, index: Index, validation: pd.DataFrame, held_out: pd.DataFrame) -> None:
    """Put into the card what takes the films: how answers hold, and the figures of the run's held-out patients."""
    reader = Predictor(model)
    model.card.update(describe_answers(reader, index, validation))
    if len(held_out):
        predictions = model.folder / "evaluations" / "held-out.csv"
        metrics = measure(reader, index, held_out, "held-out patients", predictions)
        record_test_figures(metrics, model.card["sha256"])
        where = "held-out patients of the training data, opened when this model was published"
        file = predictions.with_suffix(".json")
        file.write_text(json.dumps(metrics, indent=1))
        model.card["figures"] = _figures(metrics, where) | parts_and_openings(file)
    model.write_card()


def _save_for_reading(weights: Path, file: Path) -> None:
    """The optimiser's moments are two thirds of a run's file and of no use to a reader."""
    saving = import_keras().saving
    import cxr_core.training.augmentation  # noqa: F401  registers the layer that the file names

    saving.save_model(saving.load_model(weights, compile=False), file)


def _figures(metrics: dict[str, Any], where: str) -> dict[str, Any]:
    """The card's figures, with patient-clustered intervals wherever there are such."""
    return {
        "measured_on": f"{metrics['films']} films of {metrics['patients']} patients: {where}",
        "values": metrics["figures"] | metrics["clustered"],
    }


def films_of(run: Run, index: Index, part: str) -> pd.DataFrame:
    """The rows of the index that the run put into "val" or "test". Raises InputError if they changed since."""
    split = read_split(index.films, run.folder / "split.csv")
    wanted = pd.read_csv(run.folder / "split.csv").query("split == @part").set_index("path")["sha256"]
    found = index.films[split == part].set_index("path")["sha256"]
    if not wanted.sort_index().equals(found.sort_index()):
        what = "held-out" if part == "test" else "validation"
        raise InputError(f"{index.root}: its {what} films are not those of the run any more; restore them.")
    return index.films[split == part]
