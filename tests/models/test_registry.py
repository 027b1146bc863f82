"""The registry of models, and whether a model folder is intact."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.models.registry import Model, check_name, find_model, list_models


@pytest.fixture
def tiny(tiny_home: Path) -> Model:
    return find_model("tiny")


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
def test_a_changed_file_is_reported(tiny: Model, name: str) -> None:
    file = tiny.folder / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(WorkError, match=f"{name} has sha256"):
        tiny.check()


def test_a_damaged_card_hides_only_its_model(tiny: Model) -> None:
    (tiny.folder / "card.json").write_text("{")
    assert "tiny" not in [model.name for model in list_models()]
    with pytest.raises(NotFound, match="tiny"):
        find_model("tiny")


def test_the_released_model_is_complete_and_the_default() -> None:
    released = find_model()
    released.check()
    assert released.released
    assert released.weights.stat().st_size < 25_000_000
    assert released.card.estimates.values["auroc"].value >= 0.985
    assert np.isfinite(released.card.estimates.values["auroc"].low)


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "x" * 65])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="letters, digits"):
        check_name(name)
