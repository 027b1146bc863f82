"""A package that a reading station lacks is one sentence; a missing module of our own is a fault."""

import pytest

from cxr_core.cli import main as command_line
from cxr_core.cli import models
from cxr_core.errors import missing_package


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    message = missing_package(ModuleNotFoundError("No module named 'scipy.stats'", name="scipy.stats"))
    assert message is not None
    assert "package scipy" in message
    assert "requirements.txt" in message


@pytest.mark.parametrize("name", [None, "", "cxr_core.nothing", "pages.nothing"])
def test_a_missing_module_of_our_own_is_no_such_message(name: str | None) -> None:
    assert missing_package(ModuleNotFoundError("x", name=name)) is None


def test_a_verb_that_lacks_a_package_prints_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking(options: object) -> int:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr(models, "show_models", lacking)
    assert command_line.main(["models"]) == 1
    assert "package scipy" in capsys.readouterr().err
