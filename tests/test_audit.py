"""The audit log: what was changed is found."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_core.access import Account
from cxr_core.audit import record, verify
from cxr_core.cli.main import main
from cxr_core.errors import WorkError

PERSON = Account("a1b2", "reader", "Dr. Name")


@pytest.fixture
def log(cxr_home: Path) -> Path:
    """A log of five entries."""
    record(PERSON, "sign_in", role="reader")
    for verdict in ("normal", "pneumonia", "uncertain"):
        record(PERSON, "reading", sha256="0f", model="m", version="1", verdict=verdict)
    record(PERSON, "export", what="readings.csv", films=3)
    return cxr_home / "audit.jsonl"


def test_an_untouched_log_holds(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify() == (5, "")
    assert main(["audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"entries": 5, "problem": None}
    first = json.loads(log.read_text().splitlines()[0])
    assert set(first) == {"at", "account", "event", "role", "hash"}
    assert "Name" not in log.read_text()


def _change(line: str) -> str:
    return line.replace("normal", "pneumonia")


CHANGES: dict[str, Callable[[list[str]], list[str]]] = {
    "a verdict": lambda lines: [_change(line) if number == 1 else line for number, line in enumerate(lines)],
    "removed": lambda lines: lines[:2] + lines[3:],
    "the first removed": lambda lines: lines[1:],
    "the last removed": lambda lines: lines[:-1],
    "all removed": lambda lines: [],
    "moved": lambda lines: [lines[1], lines[0], *lines[2:]],
    "added": lambda lines: [*lines, lines[-1]],
    "no JSON": lambda lines: [*lines[:2], "x", *lines[3:]],
    "a list": lambda lines: [*lines[:2], "[1]", *lines[3:]],
    "nested": lambda lines: [*lines[:2], "[" * 100_000, *lines[3:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_log_is_found(log: Path, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text("".join(f"{line}\n" for line in CHANGES[change](log.read_text().splitlines())))
    assert main(["audit"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_without_the_log_that_was_there_it_does_not_hold(log: Path) -> None:
    log.unlink()
    assert verify()[1]


def test_nothing_is_recorded_of_the_user_of_this_machine(cxr_home: Path) -> None:
    record(Account(), "reading", sha256="0f")
    assert not (cxr_home / "audit.jsonl").exists()
    assert verify() == (0, "")


def test_an_unknown_event_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="accepted are sign_in, reading"):
        record(PERSON, "look")


def test_entries_of_many_threads_form_one_chain() -> None:
    threads = [threading.Thread(target=record, args=(PERSON, "setting"), kwargs={"n": n}) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify() == (12, "")


def test_an_event_that_cannot_be_stored_is_reported(cxr_home: Path) -> None:
    (cxr_home / "audit.jsonl").mkdir(parents=True)
    with pytest.raises(WorkError, match="cannot be written"):
        record(PERSON, "export")
