"""Run folders without a fit."""

from pathlib import Path

from cxr_core.training.recipes import configure
from cxr_core.training.runs import Run, create_run

NO_PROCESS = 2**22 + 1  # above the kernel's greatest process id


def new_run(**settings: str) -> Run:
    """A run of this process on films that do not exist."""
    return create_run(Path("/films"), "residual-128", configure("residual-128", settings))


def ended_run(status: str = "stopped", **settings: str) -> Run:
    """A run whose process has ended."""
    run = new_run(**settings)
    run.update(status=status, pid=NO_PROCESS)
    return run
