"""Evaluations on disk: written once, read again by the page.

    FOLDER/evaluations/ID.json    the estimates, as `metrics.json`
                       ID.csv     one row per film, as `predictions.csv`

FOLDER is the model's own folder if the user published the model. Evaluations of a model in the checkout, or of another
system's scores, are stored in `$CXR_HOME/evaluations/NAME/` instead, so that the checkout is not changed. ID consists
of the split, the films and the model: repeating an evaluation replaces the stored one. The test log keeps both.
"""

import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from cxr_core.errors import DamagedRecord, NotFound, reason_of, work_error
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.record import EvaluationRecord
from cxr_core.files import locked, replace_atomically
from cxr_core.labels import CLASSES
from cxr_core.limits import without_guards
from cxr_core.models.registry import Model
from cxr_core.paths import RELEASED_MODELS, home
from cxr_core.records import Fields, damaged, read_object
from cxr_core.tables import table_to_csv

TEXT_COLUMNS = dict.fromkeys(("file", "label", "patient", "kind", "called", "verdict", "sha256", "format"), str)
TEXT_COLUMNS |= dict.fromkeys(("source", "age", "sex", "view"), str)
DATA_FOLDERS = "places.json"


def store_evaluation(evaluation: Evaluation, model: Model | None = None, root: Path | None = None) -> Path:
    """Write an evaluation where `stored_evaluations` finds it, and return the JSON file.

    model: the evaluated model, None for another system's scores. root: the folder of the films, if known.
    Raises WorkError.
    """
    folder = evaluations_folder(evaluation.name, model)
    file = folder / f"{evaluation.id}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(file):
            write_evaluation(evaluation, file, file.with_suffix(".csv"))
        if root is not None:
            remember_data_folder(evaluation.record.fingerprint, root)
    except OSError as error:
        raise work_error(folder, "the evaluation cannot be stored", error) from error
    return file


def write_evaluation(evaluation: Evaluation, metrics: Path, predictions: Path) -> Evaluation:
    """Write both files; returns the evaluation with the estimates as they were written.

    The estimates are written last, so that the films exist wherever the estimates do.
    """
    table = table_to_csv(evaluation.films)
    _replace(predictions, table)
    checksum = hashlib.sha256(table.encode("utf-8")).hexdigest()
    written = evaluation.with_sections(scores_sha256=checksum)
    written.record.write(metrics)
    return written


def stored_evaluations(model: Model) -> list[Evaluation]:
    """The stored evaluations of a model, the newest first; files that cannot be read are skipped."""
    folders = {model.folder / "evaluations", evaluations_folder(model.name, None)}
    found = [one for folder in folders for one in _in_folder(folder)]
    of_this_model = [one for one in found if one.version == model.version]
    # the model may have been renamed since
    named = [replace(one, record=one.record.renamed(model.name)) for one in of_this_model]
    return sorted(named, key=lambda one: one.record.when, reverse=True)


def stored_systems(models: Sequence[Model] = ()) -> list[Evaluation]:
    """The stored evaluations of anything but `models`: other systems' scores and deleted models; the newest first."""
    installed = {model.version for model in models}
    folders = [folder for folder in (home() / "evaluations").glob("*") if folder.is_dir()]
    found = [one for folder in folders for one in _in_folder(folder) if one.version not in installed]
    return sorted(found, key=lambda one: one.record.when, reverse=True)


def find_evaluation(evaluation_id: str, model: Model) -> Evaluation:
    """A stored evaluation, of the model or of another system's scores. Raises NotFound."""
    for one in [*stored_evaluations(model), *stored_systems([model])]:
        if one.id == evaluation_id:
            return one
    raise NotFound("is no longer on this machine", thing=f"evaluation {evaluation_id}")


def evaluation_file(evaluation: Evaluation, model: Model | None) -> Path | None:
    """The JSON file of an evaluation that was made on this machine; None if it came with the app or is gone.

    model: the evaluated model, None for another system's scores or a model that is gone.
    """
    folders = sorted((home() / "evaluations").glob("*"))
    if model is not None and not model.folder.is_relative_to(RELEASED_MODELS):
        folders.insert(0, model.folder / "evaluations")
    return next((file for folder in folders if (file := folder / f"{evaluation.id}.json").exists()), None)


def evaluations_folder(name: str, model: Model | None) -> Path:
    """The folder into which evaluations of a system are written."""
    if model is not None and not model.folder.is_relative_to(RELEASED_MODELS):
        return model.folder / "evaluations"
    return home() / "evaluations" / re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:64]


def damaged_evaluations(models: Sequence[Model] = ()) -> list[str]:
    """A sentence for each stored evaluation, of these models or of other systems, that is damaged and passed over."""
    folders = {model.folder / "evaluations" for model in models}
    folders |= {folder for folder in (home() / "evaluations").glob("*") if folder.is_dir()}
    return [message for folder in sorted(folders) for message in _read_folder(folder)[1]]


def read_evaluation(file: Path) -> Evaluation:
    """Read a stored evaluation from its JSON file. Raises DamagedRecord if it is not one."""
    return _read(file, *(_stamp(one) for one in (file, file.with_suffix(".csv"))))


@lru_cache(maxsize=64)
def _read(file: Path, metrics_stamp: tuple[int, int], films_stamp: tuple[int, int]) -> Evaluation:
    """Cached until either file changes, because the page reads all evaluations at every interaction."""
    record, table = EvaluationRecord.read(file), file.with_suffix(".csv")
    try:
        content = table.read_bytes()
        if record.scores_sha256 not in (None, hashlib.sha256(content).hexdigest()):
            raise DamagedRecord("they are those of another evaluation, or were changed")
        films = pd.read_csv(io.BytesIO(content), dtype=TEXT_COLUMNS, keep_default_na=False, na_values={"score": [""]})
        films = without_guards(films)
        if missing := {"file", "label", "score", "patient"} - set(films):
            raise DamagedRecord(f"the column {min(missing)} is missing")
        evaluation = Evaluation(record, films)
        if not set(films["label"]) <= set(CLASSES):
            raise DamagedRecord("a label is neither NORMAL nor PNEUMONIA")
        if len(evaluation.scores) != record.metrics.films:
            raise DamagedRecord("films are missing")
    except (OSError, ValueError, KeyError, TypeError, DamagedRecord) as error:
        raise damaged(table, "the scores of a stored evaluation", reason_of(error)) from error
    return evaluation


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def remember_data_folder(fingerprint: str, root: Path) -> None:
    """Store where the films of a data set lie on this machine. Raises OSError, WorkError."""
    with locked(home() / DATA_FOLDERS):
        _replace(home() / DATA_FOLDERS, json.dumps(_data_folders() | {fingerprint: str(root)}, indent=1))


def data_folder_of(evaluation: Evaluation) -> Path | None:
    """The folder of its films, if it is known and still exists."""
    return data_folder(evaluation.record.fingerprint)


def data_folder(fingerprint: str) -> Path | None:
    """The folder of the data set with that fingerprint, if films of it were evaluated here and it still exists."""
    folder = _data_folders().get(fingerprint)
    return Path(folder) if folder and Path(folder).is_dir() else None


def _in_folder(folder: Path) -> list[Evaluation]:
    return _read_folder(folder)[0]


def _read_folder(folder: Path) -> tuple[list[Evaluation], list[str]]:
    """The evaluations in a folder, and a sentence for each that is damaged. A JSON file without its CSV is skipped."""
    found, messages = [], []
    for file in sorted(folder.glob("*.json")):
        if file.with_suffix(".csv").exists():
            try:
                found.append(read_evaluation(file))
            except DamagedRecord as error:
                messages.append(str(error))
    return found, messages


def _data_folders() -> dict[str, str]:
    """The folder of each data set by its fingerprint; a damaged file is as good as none, and is replaced."""
    try:
        fields = Fields(read_object(home() / DATA_FOLDERS, "the folders of data sets"))
        return {key: fields.text(key) for key in fields.values}
    except (DamagedRecord, ValueError):
        return {}


def _replace(file: Path, text: str) -> None:
    with replace_atomically(file) as part:
        part.write_text(text, encoding="utf-8")
