"""The command line as a user meets it: a process, its exit status, its two streams."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

TINY = ["--set", "size=32", "--set", "widths=4", "--set", "epochs=1", "--set", "patience=1"]
"""Settings of `train` for a fit of seconds."""


def run_verb(
    *arguments: str | Path, home: Path, cwd: Path = REPOSITORY, memory: int = 0
) -> subprocess.CompletedProcess[str]:
    """`python -m cxr_core ...` in a process of its own; memory: the most address space it gets, in bytes, 0 for any."""

    def limit_memory() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return subprocess.run(
        [sys.executable, "-m", "cxr_core", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"CXR_HOME": str(home), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limit_memory if memory else None,
    )
