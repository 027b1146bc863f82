"""Serves the app by `streamlit run`, in its own process and with its own home folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import REPOSITORY

STARTS_WITHIN = 60.0


@contextmanager
def served(
    home: Path, models: Path | None = None, checkout: Path = REPOSITORY, report: Path | None = None
) -> Iterator[str]:
    """Serve the app on a free port of 127.0.0.1 and yield its address; the server is stopped at the end of the block.

    models: a folder of model folders to copy into `home`. checkout: of this repository, to serve another state of it;
    with the Python in its `.venv`, if there is one. report: the folder through which the process says which modules it
    has loaded, see `tests.support.served_app.module_report`. The server's standard error goes to `home / "stderr.txt"`.
    """
    home.mkdir(parents=True, exist_ok=True)
    if models:
        shutil.copytree(models, home / "models", dirs_exist_ok=True)
    program = ["tests.support.served_app.module_report", str(report)] if report else ["streamlit"]
    command = [python_of(checkout), "-m", *program, "run", "streamlit_app.py", "--server.headless", "true"]
    environment = os.environ | {"CXR_HOME": str(home)}
    with started([*command, "--server.port"], checkout, environment, home / "stderr.txt") as address:
        yield address


@contextmanager
def started(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> Iterator[str]:
    """Run a command that serves the app, in `folder`, with a free port as its last argument; yields the address.

    Its standard error goes to `log`. It is stopped at the end of the block.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [*command, str(port)],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def python_of(checkout: Path) -> str:
    """The Python of a checkout's `.venv`; this process's for this checkout, or without one."""
    own = checkout / ".venv" / "bin" / "python"
    return str(own) if checkout != REPOSITORY and own.exists() else sys.executable


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within {STARTS_WITHIN:.0f} s")
