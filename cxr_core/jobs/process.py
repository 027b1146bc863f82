"""Start a function in a process of its own, and recognise that process later.

The process has its own session and its own log, so it continues when the server or the terminal that started it ends.
"""

import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from cxr_core.errors import work_error
from cxr_core.paths import REPOSITORY

_logger = logging.getLogger(__name__)

BYTES_PER_LOG_LINE = 400
SAME_START_SECONDS = 1.0
KILL_SECONDS = 10.0


@dataclass(frozen=True)
class ProcessId:
    """A process: its number, and its start in seconds since 1970. The operating system uses a number again."""

    pid: int
    started: float

    @classmethod
    def current(cls) -> Self:
        """This process."""
        return cls._of(psutil.Process())

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` wrote; other keys are ignored. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(int(values["pid"]), float(values["pid_started"]))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `pid` and `pid_started`."""
        return {"pid": self.pid, "pid_started": self.started}

    @property
    def alive(self) -> bool:
        """Whether the process is still running."""
        try:
            return bool(self._process().status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False

    def kill(self) -> None:
        """End the process at once and wait until it is gone. No effect if it has ended already."""
        try:
            process = self._process()
            process.kill()
            process.wait(KILL_SECONDS)
        except psutil.NoSuchProcess:
            return

    @classmethod
    def _of(cls, process: psutil.Process) -> Self:
        return cls(process.pid, process.create_time())

    def _process(self) -> psutil.Process:
        process = psutil.Process(self.pid)
        if abs(process.create_time() - self.started) >= SAME_START_SECONDS:
            raise psutil.NoSuchProcess(self.pid)
        return process


def start_process(
    function: str, arguments: tuple[Any, ...], log: Path, environment: Mapping[str, str] | None = None
) -> ProcessId:
    """Call a function in a new process that outlives this one; returns at once.

    function: dotted name, "package.module.function"; the new process imports it.
    arguments: picklable. log: the file that the process's output is appended to. environment: variables that the
    process has in addition to those of this one.
    Raises WorkError if the process cannot be started or the log cannot be written.
    """
    command = [sys.executable, "-m", "cxr_core.jobs.worker", function]
    try:
        with log.open("ab") as output, tempfile.TemporaryFile() as pickled:
            pickle.dump(arguments, pickled)
            pickled.seek(0)
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=os.environ | dict(environment or {}),
                stdin=pickled,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _logger.info("process %d started: %s", process.pid, function)
        return ProcessId._of(psutil.Process(process.pid))
    except OSError as error:
        raise work_error(function, "its process could not be started", error) from error


def log_tail(log: Path, lines: int = 20) -> list[str]:
    """The last lines of a process's log; none if it cannot be read."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - BYTES_PER_LOG_LINE * lines))
            return stream.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []
