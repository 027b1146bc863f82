"""Functions in processes of their own, and how such a process is recognised later."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.jobs.process import ProcessId, start_process
from tests.conftest import REPOSITORY
from tests.support.waiting import wait_until

LAUNCHER = """
import json, sys
from pathlib import Path
from cxr_core.jobs.process import start_process
print(json.dumps(start_process("time.sleep", (600,), Path(sys.argv[1])).to_dict()))
"""


def test_a_function_gets_its_arguments_and_its_output_goes_to_the_log(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("content")
    log = tmp_path / "log.txt"
    log.write_text("earlier\n")
    copying = start_process("shutil.copyfile", (tmp_path / "a", tmp_path / "b"), log)
    wait_until(lambda: not copying.alive)
    assert (tmp_path / "b").read_text() == "content"
    printing = start_process("builtins.print", ("printed",), log)
    wait_until(lambda: not printing.alive)
    assert log.read_text() == "earlier\nprinted\n"


def test_an_error_of_ours_is_one_line_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "file" / "home"))
    process = start_process("cxr_core.paths.home", (), tmp_path / "log.txt")
    wait_until(lambda: not process.alive)
    (line,) = (tmp_path / "log.txt").read_text().splitlines()
    assert "cannot be created" in line


def test_a_process_outlives_its_launcher_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LAUNCHER, str(tmp_path / "log.txt")]
    printed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    process = ProcessId.from_dict(json.loads(printed))
    assert process.alive
    process.kill()
    assert not process.alive
    process.kill()


def test_a_log_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="could not be started"):
        start_process("time.sleep", (0,), tmp_path / "no" / "log.txt")


def test_a_process_is_recognised_by_its_number_and_its_start() -> None:
    this = ProcessId.current()
    assert ProcessId.from_dict(this.to_dict() | {"other": 1}) == this
    assert this.pid == os.getpid()
    assert this.alive
    assert not ProcessId(this.pid, this.started - 5).alive
    ProcessId(this.pid, this.started - 5).kill()  # another process by now: left alone
    assert this.alive


@pytest.mark.parametrize("values", [{}, {"pid": "x", "pid_started": 1}, {"pid": None, "pid_started": 1}, 1234])
def test_what_names_no_process_is_refused(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        ProcessId.from_dict(values)


@pytest.mark.parametrize("function", ["tests.jobs.test_process.fail", "tests.jobs.test_process.fill_memory"])
def test_a_process_ends_with_its_function_whatever_threads_are_left(function: str, tmp_path: Path) -> None:
    process = start_process(function, (), tmp_path / "log.txt")
    wait_until(lambda: not process.alive)
    (line,) = (tmp_path / "log.txt").read_text().splitlines()
    assert line.startswith("Something went wrong" if function.endswith("fail") else "Out of memory.")


def fail() -> None:
    """As a library that leaves a thread behind, which is no daemon."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    raise ZeroDivisionError


def fill_memory() -> None:
    """As under `ulimit -v`."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    raise MemoryError
