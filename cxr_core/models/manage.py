"""What a user does with models: choose the default, rename, retire to the bin and bring back."""

import logging
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from cxr_core.bin import in_bin, move_to_bin, owner_of
from cxr_core.errors import NotFound, SettingsError, work_error
from cxr_core.files import locked, replace_atomically
from cxr_core.models.card import ModelCard
from cxr_core.models.registry import Model, check_name, default_file, list_models, taken
from cxr_core.paths import published_models_folder

_logger = logging.getLogger(__name__)


def set_default(model: Model) -> None:
    """Make a model the default of this machine. Raises WorkError if that cannot be stored."""
    file = default_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with locked(file), replace_atomically(file) as part:
            part.write_text(f"{model.name}\n", encoding="utf-8")
    except OSError as error:
        raise work_error(file, "the default cannot be stored", error) from error


def rename(model: Model, name: str) -> Model:
    """Give a model another name. Its version, card and evaluations stay.

    Raises SettingsError for an invalid or taken name or a model that came with the app, WorkError if the folder cannot
    be renamed.
    """
    check_free(name)
    was_default = model.default
    with _changing(model):
        new = Model(_moved(model.folder, published_models_folder() / name), model.card)
        new.described(name=name).write_card()
    if was_default:
        set_default(new)
    return Model(new.folder, ModelCard.read(new.folder / "card.json"))


def retire(model: Model) -> None:
    """Move a model to the bin: it reads no more films, and `restore` brings it back while it is there.

    Raises SettingsError for a model that came with the app or is the default, WorkError if it cannot be moved.
    """
    if model.default:
        raise SettingsError("is the default", thing=f"model {model.name}", accepted="make another the default first")
    with _changing(model):
        move_to_bin(model.folder)
    _logger.info("a model is retired")


def restore(name: str) -> None:
    """Bring a model back from the bin under the name it has there.

    Raises NotFound if there is none of that name, SettingsError if the name is taken, WorkError if it cannot be moved.
    """
    place = _retired().get(name)
    if place is None:
        raise NotFound("is not in the bin", thing=f"model {name!r}")
    check_free(name)
    _moved(place, published_models_folder() / name)


def retired_models() -> dict[str, str]:
    """The owners of the models in the bin, by the models' names."""
    return {name: owner_of(place) for name, place in sorted(_retired().items())}


def _retired() -> dict[str, Path]:
    return in_bin(published_models_folder().name)


def check_free(name: str) -> None:
    """Raises SettingsError if `name` is not valid for a model or is taken."""
    check_name(name)
    if (published_models_folder() / name).exists() or name in [model.name for model in list_models()]:
        raise taken(name)


def _changing(model: Model) -> AbstractContextManager[None]:
    """The lock under which a model is changed. Raises SettingsError for one that came with the app."""
    if model.folder.parent != published_models_folder():
        raise SettingsError(
            "came with the app and stays", thing=f"model {model.name}", accepted="models published here can be changed"
        )
    return locked(model.folder)


def _moved(folder: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
    except OSError as error:
        raise work_error(folder, "cannot be moved", error) from error
    return target
