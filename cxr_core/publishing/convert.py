"""Convert networks for reading: `model.keras` -> `model.tflite`, the same network for LiteRT, compared on films.

A conversion whose outputs differ from Keras's by more than these limits is refused and leaves no file.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.backend import inference_function, to_lite
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.errors import InputError, UnusableFile, WorkError, work_error
from cxr_core.evaluation.store import data_folder
from cxr_core.evaluation.train_test_overlap import runs_of, split_table
from cxr_core.files import locked, replace_atomically, sha256_of
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.models.lite_network import LiteNetwork
from cxr_core.models.registry import Model
from cxr_core.models.runtime import ROLES
from cxr_core.progress import Progress
from cxr_core.publishing.evidence_check import describe_evidence_map
from cxr_core.publishing.fingerprint_films import fingerprint_films
from cxr_core.publishing.network_outputs import load_keras_network, reading_network

MAX_LOGIT_DIFFERENCE = 1e-4
MAX_RELATIVE_DIFFERENCE = 1e-3  # of the other outputs, relative to their largest value
_BATCH = 32


def convert_model(
    model: Model,
    data: Path | Sequence[Path] | None = None,
    progress: Progress | None = None,
    activity: Callable[[str], object] = lambda text: None,
) -> Model:
    """Convert a published model, compared on all its validation films; its card gets the entry `conversion`.

    The card's entry `heatmap` and the fingerprints of its films are written as well.

    data: the data sets that it was trained on; by default where this machine has opened it. activity: called with what
    is done next; may raise to end the work. Returns the model with its new card. Raises what `films_to_compare` raises,
    InputError if the validation films are not there, WorkError if the two networks differ, TensorFlow is not installed
    or the folder cannot be written.
    """
    table, folder = films_to_compare(model, data)
    index = build_index(folder, progress)
    films = validation_films(model, table, index)
    inputs = np.asarray(cached_inputs(index.root, films, Preprocessing(**model.card.preprocessing), progress))
    activity("Converting the network and comparing it on the validation films.")
    try:
        with locked(model.folder):
            entry = convert(model.weights, model.reading_weights, inputs)
            activity("Comparing the heatmap with that of randomised weights.")
            converted = model.described(conversion=entry, heatmap=describe_evidence_map(model, index, films))
            converted.write_card()
            fingerprint_films(model.folder, table, index, progress)
    except OSError as error:
        raise work_error(model.folder, "model.tflite cannot be written", error) from error
    return converted


def films_to_compare(
    model: Model, data: Path | Sequence[Path] | None = None
) -> tuple[pd.DataFrame, Path | Sequence[Path]]:
    """The table of the model's split, and the data sets that its films are in.

    data: see `convert_model`. Raises InputError if either is not on this machine.
    """
    table = validation_table(model)
    folder = data or known_data(model)
    if folder is None:
        raise InputError(
            f"the films of {model.card.training.data} have not been opened on this machine",
            thing=f"model {model.name}",
            accepted=f"`cxr publish --convert {model.name} --data DATA` names their folder",
        )
    return table, folder


def validation_table(model: Model) -> pd.DataFrame:
    """The table of the model's split, which has validation films. Raises InputError if it is not on this machine."""
    table = split_table(model)
    if table is None or not (table["split"] == "val").any():
        raise InputError(
            "the table of its validation films, split.csv, is not on this machine", thing=f"model {model.name}"
        )
    return table


def known_data(model: Model) -> list[Path] | None:
    """The data sets that the model was trained on, if its run or an evaluation on this machine names them."""
    of_runs = [run.config().data for run in runs_of(model)]
    known = data_folder(model.card.training.fingerprint)
    choices = [[Path(one) for one in ([data] if isinstance(data, str) else data)] for data in of_runs]
    choices += [[known]] if known else []
    return next((folders for folders in choices if all(folder.exists() for folder in folders)), None)


def validation_films(model: Model, table: pd.DataFrame, index: Index) -> pd.DataFrame:
    """The model's validation films, rows of the index.

    table: the model's split, with `sha256` and `split`. Raises InputError if a film is not in the index.
    """
    wanted = table.loc[table["split"] == "val", "sha256"]
    films = index.readable.drop_duplicates("sha256").set_index("sha256", drop=False)
    missing = int((~wanted.isin(films.index)).sum())
    if missing:
        raise InputError(f"lacks {missing:,} of the {len(wanted):,} validation films of {model.name}", thing=index.root)
    return films.loc[wanted]


def convert(weights: Path, file: Path, inputs: np.ndarray) -> dict[str, Any]:
    """Convert the network in `weights` to `file` and compare both on model inputs `uint8 (N, S, S)`, N >= 1.

    Returns the card's entry `conversion`. Raises WorkError if they differ or the network cannot be converted.
    """
    try:
        network = reading_network(load_keras_network(weights))
    except UnusableFile as error:
        raise WorkError(f"cannot be loaded ({error.problem}).", thing=weights) from error
    except (OSError, ValueError, TypeError) as error:
        raise work_error(weights, "cannot be loaded", error) from error
    return {"of": sha256_of(weights)} | convert_network(network, ROLES[: len(network.outputs)], file, inputs)


def convert_network(network: Any, roles: Sequence[str], file: Path, inputs: np.ndarray) -> dict[str, Any]:
    """Convert a `keras.Model` whose outputs have these roles, "logits" among them, and compare the two on inputs.

    The converter may change the order of the outputs; the entry `outputs` gives the roles in the file's order.
    """
    content, run = to_lite(network), inference_function(network)
    with replace_atomically(file) as part:
        part.write_bytes(content)
        found = _roles_in_file(part, dict(zip(roles, run(inputs[:_BATCH, ..., None]), strict=True)), inputs[:_BATCH])
        differences = _differences(run, roles, LiteNetwork(part, found).run(inputs), inputs)
        for role, difference in differences.items():
            limit = MAX_LOGIT_DIFFERENCE if role == "logits" else MAX_RELATIVE_DIFFERENCE
            if not difference <= limit:  # also where it is not a number
                raise WorkError(
                    f"its {role} differ by {difference:.1e}", thing=file.name, accepted=f"up to {limit:g} is accepted"
                )
    return {
        "sha256": sha256_of(file),
        "outputs": list(found),
        "converted": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": f"tensorflow {_version('tensorflow-cpu', 'tensorflow')}, LiteRT {_version('ai-edge-litert')}",
        "compared_on": f"{len(inputs)} films",
        "largest_logit_difference": differences["logits"],
        "largest_relative_difference": max(value for role, value in differences.items() if role != "logits"),
        "limit": MAX_LOGIT_DIFFERENCE,
    }


def _roles_in_file(file: Path, by_keras: dict[str, np.ndarray], inputs: np.ndarray) -> tuple[str, ...]:
    """The role of each output of a converted network: of those with its shape, the one that it differs least from."""
    numbers = tuple(str(number) for number in range(len(by_keras)))
    left, found = dict(by_keras), []
    for output in LiteNetwork(file, numbers).run(inputs).values():
        apart = {role: np.abs(one - output).max() for role, one in left.items() if one.shape == output.shape}
        if not apart:
            raise WorkError("the converted network has other outputs than its original", thing=file.name)
        found.append(min(apart, key=lambda role: float(apart[role])))
        del left[found[-1]]
    return tuple(found)


def _differences(
    run: Any, roles: Sequence[str], converted: dict[str, np.ndarray], inputs: np.ndarray
) -> dict[str, float]:
    """The largest absolute difference of each output; of all but the logits, as a share of its largest value."""
    largest, scale = dict.fromkeys(roles, 0.0), dict.fromkeys(roles, 1e-6)
    for start in range(0, len(inputs), _BATCH):
        rows = slice(start, start + _BATCH)
        for role, by_keras in zip(roles, run(np.asarray(inputs[rows])[..., None]), strict=True):
            difference = float(np.abs(by_keras - converted[role][rows]).max())
            largest[role] = max(largest[role], difference) if np.isfinite(difference) else np.inf
            scale[role] = max(scale[role], float(np.abs(by_keras).max()))
    return {role: value if role == "logits" else value / scale[role] for role, value in largest.items()}


def _version(*packages: str) -> str:
    """The version of the first of these packages that is installed; "" if none is."""
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return ""
