"""Default, rename, bin: what changes on disk, and what is refused."""

import shutil
import time
from pathlib import Path

import pytest

from cxr_core.bin import KEEP_DAYS, empty_bin
from cxr_core.errors import CXRError, SettingsError
from cxr_core.models.manage import rename, restore, retire, retired_models, set_default
from cxr_core.models.registry import default_file, find_model, list_models
from tests.conftest import REPOSITORY

RELEASED = (REPOSITORY / "models" / "RELEASED").read_text(encoding="utf-8").strip()


def test_the_default_is_the_released_model_until_another_is_chosen(tiny_home: Path) -> None:
    assert find_model().name == RELEASED
    set_default(find_model("tiny"))
    assert find_model().name == list_models()[0].name == "tiny"
    assert not find_model("tiny").released
    for unusable in (b"nowhere\n", b"../x", b"\xff"):
        default_file().write_bytes(unusable)
        assert find_model().name == RELEASED


def test_a_renamed_model_keeps_version_and_stays_the_default(tiny_home: Path) -> None:
    version = find_model("tiny").version
    set_default(find_model("tiny"))
    renamed = rename(find_model("tiny"), "small")
    assert (renamed.name, renamed.version, renamed.card.to_dict()["name"]) == ("small", version, "small")
    assert find_model().name == "small"
    renamed.check()
    for taken in ("small", RELEASED, "a/b", ""):
        with pytest.raises(SettingsError):
            rename(find_model("small"), taken)


def test_a_retired_model_comes_back(tiny_home: Path) -> None:
    retire(find_model("tiny"))
    assert retired_models() == {"tiny": ""}
    assert "tiny" not in [model.name for model in list_models()]
    restore("tiny")
    assert find_model("tiny").name == "tiny"
    assert retired_models() == {}
    with pytest.raises(CXRError, match="not in the bin"):
        restore("tiny")


def test_what_came_with_the_app_stays(tiny_home: Path) -> None:
    other = find_model("efficientnet-lite0-160")
    for change in (retire, lambda model: rename(model, "mine")):
        with pytest.raises(SettingsError, match="came with the app"):
            change(other)
    with pytest.raises(SettingsError, match="is the default"):
        retire(find_model())


@pytest.mark.parametrize("name", ["2024-chest-v2", "tiny", "1-2-3"])
def test_a_retired_model_stays_for_thirty_days_whatever_its_name(tiny_home: Path, name: str) -> None:
    if name != "tiny":
        rename(find_model("tiny"), name)
    retire(find_model(name))
    assert empty_bin() == 0
    assert retired_models() == {name: ""}
    assert empty_bin(time.time() + (KEEP_DAYS + 1) * 86_400) == 1
    assert retired_models() == {}


def test_of_two_retired_models_of_a_name_the_last_comes_back(tiny_home: Path) -> None:
    folder = find_model("tiny").folder
    shutil.copytree(folder, folder.with_name("copy"))
    retire(find_model("tiny"))
    restore("tiny")
    retire(find_model("tiny"))
    shutil.move(folder.with_name("copy"), folder)
    (folder / "second").touch()
    retire(find_model("tiny"))
    assert retired_models() == {"tiny": ""}
    restore("tiny")
    assert (folder / "second").exists()
