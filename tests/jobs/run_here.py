"""Jobs without processes of their own, for tests of what starts them."""

import contextlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cxr_core.errors import CXRError
from cxr_core.jobs.process import ProcessId


def run_jobs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that are started run at once, in this process; a failure is in the job's record, as ever."""

    def run(function: str, arguments: tuple[Any, ...], log: Path, environment: Mapping[str, str]) -> ProcessId:
        module, _, name = function.rpartition(".")
        with contextlib.suppress(CXRError):
            getattr(import_module(module), name)(*arguments)
        return ProcessId.current()

    monkeypatch.setattr("cxr_core.jobs.start.start_process", run)


def work_of_tests(steps: int, ends: str, reporter: Any) -> dict[str, Any]:
    """A job's function: counts so many steps, then ends as told."""
    count = reporter.count("Counting")
    for step in range(steps):
        count(step + 1, steps)
    if ends == "refused":
        raise CXRError("The disk is full.")
    if ends == "memory":
        raise MemoryError
    if ends == "bug":
        raise ZeroDivisionError("of a patient")
    return {"message": f"Counted {steps}.", "steps": steps}
