"""The log says where the work failed, and holds nothing of what it was given."""

import ast
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core import log
from cxr_core.cli.main import main
from cxr_core.log import configure_logging, log_handled, log_surprise
from tests.conftest import REPOSITORY
from tests.support.synthetic_films import kaggle_folder

PLANTED = ("Roe^Jane", "MRN-4711", "smith.jpeg", "0.873")
logger = logging.getLogger("cxr_core.tests")


def written(home: Path) -> str:
    return "".join(file.read_text() for file in (home / "logs").glob("*.log"))


def handlers(file: Path) -> list[ast.ExceptHandler]:
    """The handlers of a module that catch every exception."""
    tree = ast.parse(file.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    return [one for one in found if isinstance(one.type, ast.Name) and one.type.id in ("Exception", "BaseException")]


def test_what_catches_everything_raises_or_logs() -> None:
    for file in (*(REPOSITORY / "cxr_core").rglob("*.py"), *(REPOSITORY / "pages").rglob("*.py")):
        for handler in handlers(file):
            text = "\n".join(ast.unparse(line) for line in handler.body)
            passed_on = re.search(r"\braise\b|\blog_\w+\(|= error$|set_exception\(|\.(exception|error|warning)\(", text)
            assert passed_on, f"{file.name}: {text}"


def test_every_package_logs_but_the_one_that_only_computes() -> None:
    packages = [folder for folder in (REPOSITORY / "cxr_core").iterdir() if (folder / "__init__.py").exists()]
    silent = {
        folder.name
        for folder in packages
        if not any("logging.getLogger(" in file.read_text() for file in folder.rglob("*.py"))
    }
    assert silent == {"metrics"}


def fail() -> None:
    try:
        raise ValueError(f"PatientName {PLANTED[0]} {PLANTED[1]}")
    except ValueError as error:
        raise RuntimeError(f"{PLANTED[2]}: score {PLANTED[3]}") from error


def test_a_surprise_is_logged_by_type_frames_and_number(cxr_home: Path) -> None:
    configure_logging("verb")
    try:
        fail()
    except RuntimeError as error:
        number = log_surprise(logger, error)
        logger.exception("with the traceback of logging itself")
    text = written(cxr_home)
    assert number in text
    assert "ValueError\n  tests/test_log.py" in text
    assert "caused: RuntimeError" in text
    assert " in fail" in text
    assert not [name for name in PLANTED if name in text]
    assert str(REPOSITORY) not in text


def test_an_exception_that_is_handled_is_one_line_by_type_and_place(cxr_home: Path) -> None:
    configure_logging("verb")
    try:
        fail()
    except RuntimeError as error:
        log_handled(logger, "an event", error)
    [line] = [line for line in written(cxr_home).splitlines() if "an event" in line]
    assert re.search(r"an event: RuntimeError, tests/test_log\.py:\d+ in fail$", line)
    assert not [name for name in PLANTED if name in line]


def test_a_verb_that_fails_shows_a_number_and_no_traceback(
    cxr_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cxr_core.models.registry._all_models", fail)
    assert main(["models"]) == 1
    shown = capsys.readouterr().err
    assert len(shown.strip().splitlines()) == 1
    assert not [name for name in PLANTED if name in shown]
    number = shown.split("(error ")[1][:8]
    assert number in written(cxr_home)


def test_a_page_that_fails_shows_a_number(cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_core.app.navigation.log_surprise", log_surprise)
    monkeypatch.setattr("cxr_core.models.registry._all_models", fail)
    page = (
        AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=60).switch_page("pages/models.py").run()
    )
    assert not page.exception
    number = page.error[0].value.split("(error ")[1][:8]
    text = written(cxr_home)
    assert number in text
    assert not [name for name in PLANTED if name in text + page.error[0].value]


def test_work_is_logged_without_names(tmp_path: Path, cxr_home: Path) -> None:
    folder = kaggle_folder(tmp_path / PLANTED[1])
    (folder / "train" / "NORMAL" / PLANTED[2]).write_bytes(b"no film")
    assert main(["index", str(folder)]) == 0
    text = written(cxr_home)
    assert "indexed" in text
    assert not [name for name in PLANTED if name in text]


def test_a_job_that_fails_ends_with_a_number(cxr_home: Path) -> None:
    command = [sys.executable, "-m", "cxr_core.jobs.worker", "tests.test_log.fail"]
    import pickle

    ended = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"CXR_HOME": str(cxr_home)},
        input=pickle.dumps(()),
        capture_output=True,
    )
    shown = ended.stderr.decode()
    assert ended.returncode == 1
    assert "Traceback" not in shown
    assert shown.split("(error ")[1][:8] in written(cxr_home)


def test_a_log_that_cannot_be_written_stops_nothing(cxr_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cxr_home.write_text("in its place lies a file")
    configure_logging("verb")
    logger.info("lost")
    assert capfd.readouterr().err == ""


def test_a_log_is_rotated_and_old_ones_go(cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "ROTATED_BYTES", 1_000)
    monkeypatch.setattr(log, "KEPT", 4)
    (cxr_home / "logs").mkdir(parents=True)
    for number in range(9):
        (cxr_home / "logs" / f"old-{number}.log").write_text("x")
    configure_logging("verb")
    for number in range(200):
        logger.info("event %d", number)
    sizes = [file.stat().st_size for file in (cxr_home / "logs").glob("verb-*")]
    assert len(sizes) == 1 + log.ROTATIONS
    assert max(sizes) <= 1_000
    assert len(list((cxr_home / "logs").glob("old-*"))) == 3


def test_what_streamlit_logs_of_a_fragment_loses_its_message(
    cxr_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("app")
    other = logging.Logger("a library")
    other.addHandler(logging.StreamHandler())
    other.addFilter(log.SurpriseFilter())
    try:
        fail()
    except RuntimeError as error:
        other.error("Uncaught app execution", exc_info=error)
    shown = capsys.readouterr().err
    assert shown.strip().removeprefix("error ") in written(cxr_home)
    assert not [name for name in PLANTED if name in shown + written(cxr_home)]
