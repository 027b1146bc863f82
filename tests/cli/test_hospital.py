"""The verbs `node` and `studies`, `predict dicomweb:` and `--fhir`: bad input is one sentence."""

import json
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.hospital.spool import Spool

GOOD = ["--from", "CR@127.0.0.1", "--to", "PACS@127.0.0.1:104"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["node"], "--from: is missing"),
        (["node", "--from", "CR@127.0.0.1"], "--to: is missing"),
        (["node", "--from", "CR", "--to", "X@h:1"], "TITLE@ADDRESS"),
        (["node", "--from", "CR@127.0.0.1", "--to", "X@h"], "TITLE@HOST:PORT"),
        (["node", *GOOD, "--aet", "A" * 17], "AE title"),
        (["node", *GOOD, "--port", "0"], "--port is 1 to 65535"),
        (["node", *GOOD, "--quota", "0"], "--quota"),
        (["node", *GOOD, "--prevalence", "0.9"], "0.02 to 0.8"),
        (["node", *GOOD, "--tls-key", "x"], "belong together"),
        (["node", *GOOD, "--model", "none"], "there is no such model"),
        (["node", *GOOD, "--operating-point", "best"], "operating point"),
        (["node", "--from", "CR@127.0.0.1", "--to", "dicomweb"], "CXR_ARCHIVE_URL: is not set"),
        (["studies"], "CXR_ARCHIVE_URL: is not set"),
        (["predict", "dicomweb:1.2.3"], "CXR_ARCHIVE_URL: is not set"),
        (["predict", "film.jpeg", "--send"], "--send"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXR_ARCHIVE_URL", raising=False)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("day", "message"), [("yesterday", "--date yesterday"), ("2026-13-01", "--date"), ("20261126-x", "--date")]
)
def test_a_date_that_is_none_is_one_sentence(
    day: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_ARCHIVE_URL", "http://127.0.0.1:1/dicom-web")
    assert main(["studies", "--date", day]) == 2
    assert message in capsys.readouterr().err


def test_an_archive_that_is_not_there_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_ARCHIVE_URL", "http://127.0.0.1:1/dicom-web")
    assert main(["studies", "--date", "20261101-20261130"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_films_that_were_kept_aside_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spool = Spool(tmp_path / "spool", "v1")
    spool.receive("0" * 24, b"film", "d")
    spool.set_aside(spool.films()[0], "view LL", "d")
    assert main(["node", "--aside", "--spool", str(tmp_path / "spool"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"film": "0" * 24, "reason": "view LL"}]
    spool.close()
