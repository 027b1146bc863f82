"""The sentence of an error is made in one place, of its fields."""

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxr_core.errors import (
    CXRError,
    DataSetError,
    InputError,
    NotFound,
    UnusableFile,
    WorkError,
    not_one_of,
    reason_of,
    work_error,
)
from tests.conftest import REPOSITORY


def test_fields_become_one_sentence() -> None:
    error = DataSetError("has no row", thing="scores.csv", accepted="at least one film is needed")
    assert str(error) == "scores.csv: has no row; at least one film is needed."
    assert (error.thing, error.problem, error.accepted) == ("scores.csv", "has no row", "at least one film is needed")
    assert str(DataSetError("a whole sentence.")) == "a whole sentence."
    assert str(WorkError("cannot be loaded", thing=Path("model/a"))) == "model/a: cannot be loaded."
    assert str(WorkError("no answer; is it running?", thing="archive")) == "archive: no answer; is it running?"
    assert str(DataSetError(thing="size 8", accepted="16 to 1024 are accepted")) == "size 8: 16 to 1024 are accepted."
    assert str(not_one_of("group", "x", ["patient", "none"])) == "group 'x': accepted are patient, none."


def test_another_name_of_the_thing_needs_no_surgery() -> None:
    error = DataSetError("has no row", thing="/tmp/x/scores.csv", accepted="one is needed")
    assert str(error.about("scores.csv")) == "scores.csv: has no row; one is needed."
    assert type(error.about("a")) is DataSetError


def test_an_error_keeps_its_fields_between_processes() -> None:
    error = pickle.loads(pickle.dumps(NotFound("is missing", thing="model", accepted="another")))
    assert isinstance(error, NotFound)
    assert (error.thing, error.problem, error.accepted) == ("model", "is missing", "another")


@pytest.mark.parametrize(
    ("kind", "also"), [(UnusableFile, ValueError), (InputError, ValueError), (WorkError, RuntimeError)]
)
def test_the_tree_is_that_of_its_docstring(kind: type[CXRError], also: type[Exception]) -> None:
    assert issubclass(kind, CXRError)
    assert issubclass(kind, also)


def test_another_errors_reason_is_in_our_own_words() -> None:
    assert reason_of(PermissionError(13, "Permission denied", "/folder/a.json")) == "Permission denied"
    assert reason_of(UnicodeDecodeError("utf-8", b"x", 0, 1, "secret")) == "its bytes are not text"
    assert reason_of(ValueError("Anna Smith at line 3")) == reason_of(OSError("Anna")) == "its content is damaged"
    assert reason_of(NotFound("is missing", thing="a", accepted="b is accepted")) == "a: is missing; b is accepted"
    assert reason_of(MemoryError()) == "not enough memory"


def test_work_that_failed_names_thing_reason_and_what_to_do() -> None:
    full = OSError(28, "No space left on device")
    assert str(work_error("runs/a", "the run folder cannot be written", full)) == (
        "runs/a: the run folder cannot be written (No space left on device)."
    )
    error = work_error("runs/a", "epoch 3 cannot be stored", full, "make room and resume")
    assert str(error) == "runs/a: epoch 3 cannot be stored (No space left on device); make room and resume."
    assert error.accepted == "make room and resume"


def test_nobody_takes_the_sentence_of_an_error_apart() -> None:
    surgery = re.compile(r"str\(\w+\)\.(replace|r?partition|r?split\w*|[lr]?strip|remove\w+)\(|\berror\.args\b")
    for file in (REPOSITORY / "cxr_core").rglob("*.py"):
        for line in file.read_text().splitlines():
            found = surgery.search(line)
            taken = found and "error" in line and file.name != "errors.py"
            assert not taken, f"{file.relative_to(REPOSITORY)}: {line.strip()}"


def _kinds(kind: type[CXRError]) -> Iterator[str]:
    yield kind.__name__
    for derived in kind.__subclasses__():
        yield from _kinds(derived)


def _built_by_hand(file: Path) -> Iterator[str]:
    """Each error of a module whose first argument holds a thing or what is accepted, which are fields."""
    kinds = set(_kinds(CXRError))
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
            parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            if re.search(r"; (?!is )|^[^.]*\{\}: |\{\}: (?=.*accepted)", text):
                yield f"{file.relative_to(REPOSITORY)}:{node.lineno}: {text}"


def test_errors_are_given_fields_and_not_sentences() -> None:
    files = [*(REPOSITORY / "cxr_core").rglob("*.py"), *(REPOSITORY / "pages").rglob("*.py")]
    assert [found for file in files for found in _built_by_hand(file)] == []
