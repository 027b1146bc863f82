"""The models on this machine: those released with the app and those that its users published.

    models/NAME/model.keras, local_evidence.npz, card.json, evaluations/*.json     released, in the checkout
    models/NAME/folds.csv, label_audit.csv, known_failures/*, CHANGES.md            of a released model only
    $CXR_HOME/models/NAME/...                                                       published here

`models/RELEASED` names the released model, the default everywhere.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.files import sha256_of
from cxr_core.paths import RELEASED_MODELS, published_models_folder

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Model:
    """A model folder and its card."""

    folder: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def version(self) -> str:
        """The first twelve digits of the sha256 of `model.keras`."""
        return str(self.card["sha256"])[:12]

    @property
    def weights(self) -> Path:
        """`model.keras`."""
        return self.folder / "model.keras"

    @property
    def local_evidence(self) -> Path:
        """`local_evidence.npz`, the fitted `LocalEvidence` of the heatmap; only if the card has an entry `heatmap`."""
        return self.folder / "local_evidence.npz"

    @property
    def folds(self) -> Path:
        """`folds.csv`, written by `benchmarks.accuracy.folds`: estimates by fold. Released models only."""
        return self.folder / "folds.csv"

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
        """Whether this is the released model, the default everywhere."""
        return self.folder == released_folder()

    def check(self) -> None:
        """Raises WorkError if a file of the model has not the sha256 on the card, NotFound if a file is missing."""
        described = {self.weights: self.card["sha256"]}
        if "heatmap" in self.card:
            described[self.local_evidence] = self.card["heatmap"]["sha256"]
        for file, expected in described.items():
            actual = sha256_of(file)
            if actual != expected:
                raise WorkError(
                    f"model {self.name}: {file.name} has sha256 {actual[:12]}, not its card's {expected[:12]}."
                )

    def write_card(self) -> None:
        """Write the card to `card.json`."""
        (self.folder / "card.json").write_text(json.dumps(self.card, indent=1, allow_nan=False) + "\n")

    def evaluations(self) -> list[dict[str, Any]]:
        """The metrics of the evaluations stored in the model folder, newest last."""
        return [json.loads(file.read_text()) for file in sorted((self.folder / "evaluations").glob("*.json"))]


def list_models() -> list[Model]:
    """Every model on this machine, the released one first. Skips a folder whose card cannot be read."""
    folders = [*sorted(RELEASED_MODELS.glob("*/card.json")), *sorted(published_models_folder().glob("*/card.json"))]
    models = [model for card in folders if (model := _open(card.parent))]
    return sorted(models, key=lambda model: not model.released)


def find_model(name: str | None = None) -> Model:
    """The model with that name; without a name, the released one. Raises NotFound."""
    models = list_models()
    for model in models:
        if model.name == name or (name is None and model.released):
            return model
    known = ", ".join(model.name for model in models) or "none; publish a run first"
    missing = f"model {name!r}: there is no such model" if name else "the released model is missing"
    raise NotFound(f"{missing}; installed are {known}.")


def released_folder() -> Path:
    """The folder that `models/RELEASED` names."""
    pointer = RELEASED_MODELS / "RELEASED"
    return RELEASED_MODELS / (pointer.read_text().strip() if pointer.exists() else "none")


def check_name(name: str) -> None:
    """Raises SettingsError if `name` is not valid for a model folder."""
    if not NAME.fullmatch(name):
        raise SettingsError(f"name {name!r}: up to 64 letters, digits, '.', '_' and '-' are accepted.")


def _open(folder: Path) -> Model | None:
    try:
        return Model(folder, json.loads((folder / "card.json").read_text()))
    except (OSError, ValueError):
        return None
