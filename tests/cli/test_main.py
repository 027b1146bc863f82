"""The command line: exit statuses, messages, and the way from films to a published model."""

import argparse
from importlib import import_module
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.cli.parser import parser


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["predict", "/no/such/film.png"], "/no/such/film.png"),
        (["predict", "film.png", "--model", "nobody"], "film.png"),
        (["index", "/no/such/folder"], "/no/such/folder"),
        (["index", "."], "."),
        (["train", "/no/such/folder"], "/no/such/folder"),
        (["train", ".", "--set", "epochs"], "epochs"),
        (["train", ".", "--set", "epoch=3"], "epoch"),
        (["train", ".", "--recipe", "none"], "none"),
        (["stop", "nothing"], "nothing"),
        (["resume", "nothing"], "nothing"),
        (["publish", "nothing", "--name", "x"], "nothing"),
        (["evaluate", "/no/such/folder", "--out", "out"], "/no/such/folder"),
        (["split", "/no/such/folder", "--out", "x.csv"], "/no/such/folder"),
    ],
)
def test_bad_input_exits_2_with_one_sentence(
    arguments: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert named in err


def test_bad_usage_exits_2_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["predict"])
    assert exit_.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_verb_names_a_function_that_is_there() -> None:
    (verbs,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name, one in verbs.choices.items():
        module, _, function = one.get_default("verb").partition(".")
        assert callable(getattr(import_module(f"cxr_core.cli.{module}"), function, None)), name
