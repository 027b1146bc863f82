"""The models on this machine: those released with the app and those that its users published.

    models/NAME/model.keras, model.tflite, card.json, evaluations/*.json            released, in the checkout
    models/NAME/folds.csv, sources.csv, label_audit.csv, known_failures/*, CHANGES.md   of a released model only
    $CXR_HOME/models/NAME/...                                                       published here

`models/RELEASED` names the released model, the default everywhere unless `$CXR_HOME/models/DEFAULT` names another.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from cxr_core.errors import DamagedRecord, NotFound, SettingsError, WorkError
from cxr_core.files import sha256_of
from cxr_core.models.card import ModelCard
from cxr_core.models.left_out import LeftOutSource, left_out_sources
from cxr_core.paths import RELEASED_MODELS, published_models_folder

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Model:
    """A model folder and its card."""

    folder: Path
    card: ModelCard

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def version(self) -> str:
        """The first twelve digits of the sha256 of `model.keras`."""
        return self.card.sha256[:12]

    @property
    def weights(self) -> Path:
        """`model.keras`."""
        return self.folder / "model.keras"

    @property
    def reading_weights(self) -> Path:
        """`model.tflite`, the same network for reading; only if the card has an entry `conversion`."""
        return self.folder / "model.tflite"

    @property
    def folds(self) -> Path:
        """`folds.csv`, written by `cxr folds`: estimates by fold. Released models only."""
        return self.folder / "folds.csv"

    @property
    def left_out(self) -> tuple[LeftOutSource, ...]:
        """Of `sources.csv`, written by `cxr folds --leave-one-source-out`; empty without it."""
        return left_out_sources(self.folder / "sources.csv")

    @property
    def known_failures(self) -> Path:
        """`known_failures/`, written by `benchmarks.accuracy.known_failures`. Released models only."""
        return self.folder / "known_failures"

    @property
    def changes(self) -> Path:
        """`CHANGES.md`: what changed from version to version. Released models only."""
        return self.folder / "CHANGES.md"

    @property
    def released(self) -> bool:
        """Whether this is the released model, the default as long as the user has chosen no other."""
        return self.folder == released_folder()

    @property
    def default(self) -> bool:
        """Whether this is the model that reads where none is named."""
        return _is_default(self, _chosen_default(), released_folder())

    @property
    def converted(self) -> bool:
        """Whether it was converted for reading; `check` also compares the files."""
        conversion = self.card.conversion
        return conversion is not None and conversion.of_sha256 == self.card.sha256 and self.reading_weights.exists()

    def check(self) -> None:
        """Raises WorkError if the model is not converted for reading or a file has not the sha256 on the card.

        Raises NotFound if a file is missing.
        """
        conversion = self.card.conversion
        if conversion is None or not self.converted:
            command = f"cxr publish --convert {self.name}"
            raise WorkError(
                "is not converted for reading",
                thing=f"model {self.name}",
                accepted=f"the Models page or `{command}` does that",
            )
        described = {self.weights: self.card.sha256, self.reading_weights: conversion.sha256}
        for file, expected in described.items():
            actual = sha256_of(file)
            if actual != expected:
                raise WorkError(
                    f"{file.name} has sha256 {actual[:12]}, not its card's {expected[:12]}", thing=f"model {self.name}"
                )

    def described(self, **sections: Any) -> Self:
        """The model with other sections on its card, which is not written. Raises ValueError for a section of none."""
        return replace(self, card=self.card.changed(**sections))

    def write_card(self) -> None:
        """Write the card to `card.json`. Raises OSError."""
        self.card.write(self.folder / "card.json")


def list_models() -> list[Model]:
    """Every model on this machine, the default first, without those that `damaged_models` reports."""
    chosen, released = _chosen_default(), released_folder()
    return sorted(
        _all_models()[0], key=lambda model: (not _is_default(model, chosen, released), model.folder != released)
    )


def damaged_models() -> list[str]:
    """A sentence for each model whose card cannot be read and that is passed over."""
    return _all_models()[1]


def _all_models() -> tuple[list[Model], list[str]]:
    models, messages = [], []
    for folder in (RELEASED_MODELS, published_models_folder()):
        for file in sorted(folder.glob("*/card.json")):
            try:
                models.append(Model(file.parent, _card(file)))
            except DamagedRecord as error:
                messages.append(str(error))
    return models, messages


def _is_default(model: Model, chosen: str | None, released: Path) -> bool:
    return model.name == chosen if chosen else model.folder == released


def _card(file: Path) -> ModelCard:
    try:
        found = file.stat()
    except OSError:
        return ModelCard.read(file)  # says what is wrong
    return _read_card(file, found.st_mtime_ns, found.st_size, found.st_ino)


@lru_cache(maxsize=64)
def _read_card(file: Path, changed: int, size: int, number: int) -> ModelCard:  # of a file in this state
    return ModelCard.read(file)


def find_model(name: str | None = None) -> Model:
    """The model with that name; without a name, the default. Raises NotFound."""
    models = list_models()
    for model in models:
        if model.name == name or (name is None and model.default):
            return model
    known = ", ".join(model.name for model in models) or "none; publish a run first"
    missing = f"model {name!r}: there is no such model" if name else "the released model is missing"
    raise NotFound(missing, accepted=f"installed are {known}")


def released_folder() -> Path:
    """The folder that `models/RELEASED` names."""
    try:
        name = (RELEASED_MODELS / "RELEASED").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    return RELEASED_MODELS / (name if NAME.fullmatch(name) else "none")


def default_file() -> Path:
    """`models/DEFAULT` under the home folder: the name of the model that the user made the default."""
    return published_models_folder() / "DEFAULT"


def _chosen_default() -> str | None:
    """The model that the user made the default, if it is still there."""
    try:
        name = default_file().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    folders = (RELEASED_MODELS, published_models_folder())
    return name if NAME.fullmatch(name) and any((folder / name / "card.json").exists() for folder in folders) else None


def check_name(name: str) -> None:
    """Raises SettingsError if `name` is not valid for a model folder."""
    if not NAME.fullmatch(name):
        raise SettingsError(thing=f"name {name!r}", accepted="up to 64 letters, digits, '.', '_' and '-' are accepted")


def taken(name: str) -> SettingsError:
    """The error for a name that another model has."""
    return SettingsError("is taken", thing=f"name {name!r}", accepted="another name is accepted")
