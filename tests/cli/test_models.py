"""`models --export` and `models --import`."""

import json
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="cryptography is not installed")

from cxr_core.cli.main import main


def test_a_model_is_exported_and_imported(tiny_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "tiny.zip"
    assert main(["models", "--export", "tiny", "--out", str(archive), "--json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["bytes"] == archive.stat().st_size
    assert main(["models", "--import", str(archive), "--name", "again", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "again"
    assert main(["models", "--json"]) == 0
    assert {"tiny", "again"} <= {row["name"] for row in json.loads(capsys.readouterr().out)}


def test_an_unknown_key_is_confirmed_by_its_fingerprint(
    tiny_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "tiny.zip"
    assert main(["models", "--export", "tiny", "--out", str(archive)]) == 0
    (tiny_home / "signing_key.pem").unlink()  # now this is another machine
    importing = ["models", "--import", str(archive), "--name", "again"]
    capsys.readouterr()
    assert main(importing) == 2
    shown = capsys.readouterr().err.partition("the key ")[2].partition(",")[0]
    assert main([*importing, "--confirm", shown]) == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--export", "tiny"], "--out"),
        (["--export", "nobody", "--out", "x.zip"], "nobody"),
        (["--export", "tiny", "--import", "x.zip"], "--import"),
        (["--import", "no-such.zip"], "no-such.zip"),
        (["--import", "no-such.zip", "--out", "x.zip"], "--out"),
        (["--name", "x"], "--name"),
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: list[str],
    named: str,
    tiny_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["models", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert named in error
