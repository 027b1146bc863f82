"""Evaluations, kept so that they open again at once.

    FOLDER/evaluations/ID.json    the figures, as `metrics.json`
                       ID.csv     one row a film, as `predictions.csv`

FOLDER is the model's own if the user published it. What is evaluated of a model in the checkout, or of another system's
scores, is kept in `$CXR_HOME/evaluations/NAME/` instead, so that the checkout stays clean. ID is made of the split, the
films and the model, so the same evaluation done again replaces itself; the test ledger remembers both.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.errors import DataSetError, WorkError
from cxr_core.files import replace_atomically
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.scores import Scores
from cxr_core.models.registry import Model
from cxr_core.paths import RELEASED_MODELS, home

HELD_OUT = "held-out patients"
TEXT = {"file": str, "label": str, "patient": str, "kind": str, "called": str, "sha256": str, "format": str}
PLACES = "places.json"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a system said of labelled films, and what that is worth.

    metrics: the contents of `metrics.json`. films: one row a film with file, label, score, patient and, where known,
    kind, logit, called, sha256, width, height, format, age, sex, view, manufacturer.
    """

    metrics: dict[str, Any]
    films: pd.DataFrame

    @cached_property
    def scores(self) -> Scores:
        """Labels, scores and patients."""
        labels = (self.films["label"] == PNEUMONIA).to_numpy(int)
        columns = (self.films[name].to_numpy() for name in ("score", "patient", "file"))
        return Scores(labels, *columns)

    @property
    def name(self) -> str:
        """The system's name."""
        return str(self.metrics["model"]["name"])

    @property
    def version(self) -> str:
        """The system's version."""
        return str(self.metrics["model"]["version"])

    @property
    def split(self) -> str:
        """The split as it was chosen."""
        return str(self.metrics["split"])

    @property
    def threshold(self) -> float:
        """The threshold that the figures are at."""
        return float(self.metrics["threshold"])

    @property
    def id(self) -> str:
        """The name of its files."""
        return evaluation_id(self.split, str(self.metrics["data"].get("films_fingerprint", "")), self.version)

    @property
    def title(self) -> str:
        """One line that tells it from others."""
        data = self.metrics["data"]["name"]
        return f"{self.name} on {data}, {split_in_words(self.split)}, {len(self.films):,} films"


def marked_test(split: str) -> bool:
    """Whether a split is a test split: opened rarely, never tuned on."""
    return split in ("test", HELD_OUT) or split.endswith(":test")


def marked_validation(split: str) -> bool:
    """Whether a split is a validation split: thresholds are chosen there."""
    return split == "val" or split.endswith(":val")


def split_in_words(split: str) -> str:
    """A split for the screen."""
    table, colon, part = split.rpartition(":")
    names = {"train": "training", "val": "validation", "test": "test", "all": "all films"}
    if colon:
        return f"{names.get(part, part)} part of {table}"
    return f"{names[split]} split" if split in ("train", "val", "test") else names.get(split, split)


def films_fingerprint(names: pd.Series) -> str:
    """sha256 over what names each film (its content where known): the same films give the same, wherever they lie."""
    return hashlib.sha256("\n".join(sorted(names.astype(str))).encode()).hexdigest()


def evaluation_id(split: str, fingerprint: str, version: str) -> str:
    """A file name for an evaluation."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', split).strip('-')[-40:]}-{fingerprint[:10]}-{version[:8]}"


def folder_of(name: str, model: Model | None) -> Path:
    """Where evaluations of a system are written."""
    if model is not None and not model.folder.is_relative_to(RELEASED_MODELS):
        return model.folder / "evaluations"
    return home() / "evaluations" / re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:64]


def keep(evaluation: Evaluation, model: Model | None = None, root: Path | None = None) -> Path:
    """Write an evaluation where `kept` finds it; `root` is where its films lie. Raises WorkError."""
    folder = folder_of(evaluation.name, model)
    file = folder / f"{evaluation.id}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(evaluation, file, file.with_suffix(".csv"))
        if root is not None:
            places = _places() | {str(evaluation.metrics["data"]["fingerprint"]): str(root)}
            _replace(home() / PLACES, json.dumps(places, indent=1))
    except OSError as error:
        raise WorkError(f"{folder}: the evaluation cannot be kept ({error.strerror}).") from error
    return file


def write(evaluation: Evaluation, metrics: Path, predictions: Path) -> None:
    """Write both files, the figures last: a reader that finds them finds the films as well."""
    _replace(predictions, evaluation.films.to_csv(index=False))
    _replace(metrics, json.dumps(evaluation.metrics, indent=1, allow_nan=False) + "\n")


def kept(model: Model) -> list[Evaluation]:
    """The evaluations of a model, the newest first; a pair of files that cannot be read is passed over."""
    folders = {model.folder / "evaluations", folder_of(model.name, None)}
    found = [one for folder in folders for one in _in_folder(folder)]
    of_this = [one for one in found if one.version == model.version]
    for one in of_this:
        one.metrics["model"]["name"] = model.name  # a model may have been renamed since
    return sorted(of_this, key=lambda one: one.metrics["when"], reverse=True)


def kept_systems(models: Sequence[Model] = ()) -> list[Evaluation]:
    """The evaluations of all that is none of `models`: other systems' scores, models that are gone; newest first."""
    installed = {model.version for model in models}
    folders = [folder for folder in (home() / "evaluations").glob("*") if folder.is_dir()]
    found = [one for folder in folders for one in _in_folder(folder) if one.version not in installed]
    return sorted(found, key=lambda one: one.metrics["when"], reverse=True)


def open_evaluation(file: Path) -> Evaluation:
    """Read a kept evaluation. Raises DataSetError if it is not one."""
    try:
        return _opened(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise DataSetError(f"{file}: is not a kept evaluation ({error}).") from error


@lru_cache(maxsize=64)
def _opened(file: Path, modified: int) -> Evaluation:
    """Read once as long as the file stays the same: a page asks for all of them at every click."""
    try:
        metrics = json.loads(file.read_text())
        films = pd.read_csv(file.with_suffix(".csv"), dtype=TEXT, keep_default_na=False, na_values={"score": [""]})
        if not {"model", "data", "split", "threshold", "when"} <= set(metrics):
            raise ValueError("figures are missing")
        evaluation = Evaluation(metrics, films)
        if len(evaluation.scores) != metrics["films"]:
            raise ValueError("films are missing")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataSetError(f"{file}: is not a kept evaluation ({error}).") from error
    return evaluation


def place_of(evaluation: Evaluation) -> Path | None:
    """The folder in which its films lie, if it is known and still there."""
    place = _places().get(str(evaluation.metrics["data"]["fingerprint"]))
    return Path(place) if place and Path(place).is_dir() else None


def _in_folder(folder: Path) -> list[Evaluation]:
    found = []
    for file in sorted(folder.glob("*.json")):
        if file.with_suffix(".csv").exists():
            try:
                found.append(open_evaluation(file))
            except DataSetError:
                continue
    return found


def _places() -> dict[str, str]:
    try:
        return json.loads((home() / PLACES).read_text())
    except (OSError, ValueError):
        return {}


def _replace(file: Path, text: str) -> None:
    with replace_atomically(file) as part:
        part.write_text(text, encoding="utf-8")
