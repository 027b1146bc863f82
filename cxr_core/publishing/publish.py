"""Publish a run: its best weights become a model folder, calibrated on validation patients, tested on held-out ones."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core import __version__
from cxr_core.backend import import_keras
from cxr_core.datasets.curation import index_with_kept_decisions
from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.datasets.summary import counts
from cxr_core.errors import Busy, InputError, SettingsError, UnusableFile, WorkError, work_error
from cxr_core.evaluation.run import measure
from cxr_core.evaluation.sources import of_both_classes
from cxr_core.evaluation.test_log import record_test_metrics
from cxr_core.files import locked, sha256_of
from cxr_core.inference.augmented_views import fit_stability
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.test_time_augmentation import fit_test_time_augmentation
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.limits import read_table
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.metrics.natural_frequencies import frequency_table
from cxr_core.metrics.scores import Scores
from cxr_core.models.card import ModelCard
from cxr_core.models.registry import Model, check_name, list_models, taken
from cxr_core.models.runtime import Network
from cxr_core.paths import published_models_folder
from cxr_core.publishing.answer_rules import OPERATING_POINT, fit_answer_rules
from cxr_core.publishing.card_builder import data_flow, describe_use, subgroups_and_test_access
from cxr_core.publishing.convert import convert
from cxr_core.publishing.evidence_check import describe_evidence_map
from cxr_core.publishing.fingerprint_films import fingerprint_films
from cxr_core.publishing.kinds import describe_kinds
from cxr_core.publishing.network_outputs import load_keras_network
from cxr_core.publishing.populations import describe_population
from cxr_core.training.runs import Run

_logger = logging.getLogger(__name__)


def publish(
    run: Run, name: str, into: Path | None = None, activity: Callable[[str], object] = lambda text: None
) -> Model:
    """Create a model folder from a run's best weights, in `into` or among the user's models.

    Calibration, conformal limits and operating points are fitted on the run's validation patients. The estimates on the
    card are computed on the run's held-out patients, and this access to the test set is recorded. Without held-out
    patients they are computed on the validation patients, and the card says so. The network is converted for reading.
    activity: called with what is done next; may raise to end the work.
    Raises SettingsError for an invalid or taken name, also one that another process is publishing; WorkError if the run
    is active, has no weights yet, the folder cannot be written or the converted network differs; InputError if the
    run's validation or held-out films have changed.
    """
    check_name(name)
    folder = (into or published_models_folder()) / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder, seconds=0):
            return _publish(run, name, into, activity)
    except Busy as error:
        raise SettingsError(
            "is being published by another process", thing=f"name {name!r}", accepted="another is accepted"
        ) from error
    except OSError as error:
        raise work_error(folder, "the model folder cannot be written", error) from error


def _publish(run: Run, name: str, into: Path | None, activity: Callable[[str], object]) -> Model:
    """`publish`, while no other process publishes this name."""
    check_name(name)
    folder = (into or published_models_folder()) / name
    if folder.exists() or name in [model.name for model in list_models()]:
        raise taken(name)
    if run.live:
        raise WorkError("is active", thing=f"run {run.id}", accepted="stop it, or wait until it has finished")
    if not (run.folder / "validation.csv").exists():
        raise WorkError(
            "has no validated weights",
            thing=f"run {run.id}",
            accepted="an epoch must end before a run can be published",
        )
    unfinished = folder.with_name(f".{name}.part")
    part = unfinished / name
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        activity("Indexing the films and loading the network.")
        (part / "evaluations").mkdir(parents=True)
        _save_for_inference(run, part / "model.keras")
        shutil.copyfile(run.folder / "split.csv", part / "split.csv")
        index = index_with_kept_decisions(run.config().data, run.folder)
        fingerprint_films(part, pd.read_csv(part / "split.csv"), index)
        training, validation, held_out = (films_of(run, index, split) for split in ("train", "val", "test"))
        validation, other = of_both_classes(validation)
        activity("Converting the network and calibrating it on validation patients.")
        model = Model(part, ModelCard.from_dict(_card(run, name, part, index, validation, other)))
        activity("Comparing the heatmap with that of randomised weights.")
        model = model.described(heatmap=describe_evidence_map(model, index, validation))
        activity("Measuring on held-out patients.")
        _measure(model, index, training, validation, held_out)
        part.rename(folder)
    except OSError as error:
        raise work_error(folder, "the model folder cannot be written", error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _logger.info("a model is published")
    return Model(folder, ModelCard.read(folder / "card.json"))


def _card(
    run: Run, name: str, folder: Path, index: Index, validation: pd.DataFrame, other: pd.DataFrame
) -> dict[str, Any]:
    config, state = run.config(), run.state()
    recipe = config.parsed
    table = pd.read_csv(run.folder / "validation.csv", dtype={"patient": str})
    split = pd.read_csv(run.folder / "split.csv", dtype={"patient": str})
    labels = (table["label"] == PNEUMONIA).to_numpy(int)
    augmentation = fit_test_time_augmentation(table["logit"].to_numpy(float), labels, recipe.flip)
    films = validation.set_index("path", drop=False).loc[table["path"]]
    inputs = np.array(cached_inputs(index.root, films, recipe.preprocessing()))
    sha256 = sha256_of(folder / "model.keras")
    conversion = convert(folder / "model.keras", folder / "model.tflite", inputs)
    network = Network.of_file(folder / "model.tflite", conversion["outputs"])
    logits = augmentation.logits(network.logits, inputs)
    sources = films["source"].to_numpy(str)
    of_other = np.empty(0)
    if len(other):
        of_other = np.array(cached_inputs(index.root, other, recipe.preprocessing()))
        of_other = augmentation.logits(network.logits, of_other)
    patients, paths = table["patient"].to_numpy(), table["path"].to_numpy()
    rules, scores = fit_answer_rules(logits, labels, patients, paths, sources, of_other)
    metrics = evaluate(scores, rules["operating_points"][OPERATING_POINT]["threshold"])
    used = index.films.set_index("path", drop=False).loc[split["path"]]
    return {
        "name": name,
        "summary": f"Pneumonia or normal, {config.recipe}, {recipe.size} x {recipe.size} pixels, "
        f"{(state.parameters or 0) / 1e6:.1f} M parameters.",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": f"cxr_core {__version__}",
        "sha256": sha256,
        "conversion": conversion,
        "input": {
            "channels": 1,
            "dtype": "uint8",
            "scaling": "grey values 0 to 255 enter the network; its first layers scale and standardise them",
            "preprocessing": recipe.preprocessing().to_dict(),
        },
        "classes": [NORMAL, PNEUMONIA],
        **rules,
        "second_look": augmentation.to_dict(),
        "training": {
            "data": data_name(config.data),
            "sources": {str(source): counts(part) for source, part in used.groupby("source")},
            "fingerprint": state.fingerprint,
            "recipe": config.recipe,
            "settings": config.settings,
            "split": {str(name): counts(part) for name, part in split.groupby("split")},
            "split_sha256": sha256_of(run.folder / "split.csv"),
            "data_flow": data_flow(index, split),
            "epochs": state.epoch,
            "best_epoch": state.best_epoch,
            "chosen_by": recipe.monitor,
        },
        "figures": _figures(metrics, "the validation patients, on which epoch and threshold were chosen (optimistic)"),
        **describe_use(index.root, split["path"].tolist(), rules["calibration"]["prevalence"]),
        **describe_population(used, rules["calibration"]["prevalence"]),
    }


def _measure(
    model: Model, index: Index, training: pd.DataFrame, validation: pd.DataFrame, held_out: pd.DataFrame
) -> None:
    """Complete the card with what is measured on films: stability, frequencies, estimates on held-out patients."""
    predictor = Predictor(model)
    model = model.described(**describe_answers(predictor, index, validation))
    if kinds := describe_kinds(predictor, index, training, validation):
        model = model.described(**kinds, limits=[*model.card.limits, kinds["kinds"]["sentence"]])
    if len(held_out):
        predictions = model.folder / "evaluations" / "held-out.csv"
        measured = measure(predictor, index, held_out, "held-out patients", predictions)
        record_test_metrics(measured, model.card.sha256)
        where = "held-out patients of the training data, accessed when this model was published"
        file = predictions.with_suffix(".json")
        measured.write(file)
        figures = _figures(measured.metrics, where) | subgroups_and_test_access(file)
        figures |= {"by_source": list(measured.by_source)} if measured.by_source else {}
        model = model.described(figures=figures)
    model.write_card()


def describe_answers(predictor: Predictor, index: Index, films: pd.DataFrame) -> dict[str, Any]:
    """The card's entries `stability` and `frequencies`, measured on films of the run's validation patients.

    films: rows of `index.films`. Raises UnreadableFilm and WorkError as `cached_inputs` does.
    """
    inputs = np.array(cached_inputs(index.root, films, predictor.preprocessing))
    probabilities, by_view = predictor.probabilities_by_view(inputs)
    labels = (films["label"] == PNEUMONIA).to_numpy(int)
    scores = Scores(labels, probabilities, films["patient"].to_numpy())
    frequencies = [asdict(row) for row in frequency_table(scores)]
    return {"stability": fit_stability(by_view, predictor.rules.mirror), "frequencies": frequencies}


def _save_for_inference(run: Run, file: Path) -> None:
    """Save the weights without the optimiser's state, and without the precision that the fit computed at."""
    weights, recipe = run.folder / "best.keras", run.config().parsed
    try:
        network = load_keras_network(weights)
    except UnusableFile as error:
        raise WorkError(error.problem, thing=weights) from error
    if recipe.precision != "float32":
        from cxr_core.training.network import network as untrained

        fitted, network = network, untrained(replace(recipe, precision="float32", pretrained="none"))
        network.set_weights(fitted.get_weights())
    import_keras().saving.save_model(network, file)


def data_name(data: str | list[str]) -> str:
    """The name of a run's data on a card: of its folder or table, or of each of its sources."""
    paths = [Path(one) for one in ([data] if isinstance(data, str) else data)]
    names = [path.parent.name if path.suffix.lower() == ".csv" and len(paths) > 1 else path.name for path in paths]
    return " + ".join(names)


def _figures(metrics: Metrics, where: str) -> dict[str, Any]:
    """The card's entry `figures`, with patient-clustered intervals where there are any."""
    return {
        "measured_on": f"{metrics.films} films of {metrics.patients} patients: {where}",
        "values": {name: one.to_dict() for name, one in (metrics.estimates | metrics.clustered).items()},
    }


def films_of(run: Run, index: Index, part: str) -> pd.DataFrame:
    """The rows of the index in the run's split `part`. Raises InputError if the films have changed."""
    split = read_split(index.films, run.folder / "split.csv")
    expected = read_table(run.folder / "split.csv").query("split == @part").set_index("path")["sha256"]
    present = index.films[split == part].set_index("path")["sha256"]
    if not expected.sort_index().equals(present.sort_index()):
        what = {"train": "training", "val": "validation", "test": "held-out"}[part]
        raise InputError(f"its {what} films have changed since the run", thing=index.root, accepted="restore them")
    return index.films[split == part]
