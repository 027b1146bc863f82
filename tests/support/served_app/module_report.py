"""A server whose process says which modules it has loaded.

python -m tests.support.served_app.module_report FOLDER ...    as `streamlit ...`; at SIGUSR1 it writes FOLDER/modules
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

NETWORK_LIBRARIES = ("tensorflow", "keras", "jax", "torch")
TABLE_LIBRARIES = ("pandas", "pyarrow")


def process_of(report: Path) -> int:
    """The process id of the server."""
    return int((report / "pid").read_text())


def loaded_libraries(report: Path, names: tuple[str, ...] = NETWORK_LIBRARIES) -> list[str]:
    """Those of `names` that the server's process has loaded by now."""
    modules = report / "modules"
    modules.unlink(missing_ok=True)
    os.kill(process_of(report), signal.SIGUSR1)
    wait_until(modules.exists)
    loaded = modules.read_text().split()
    assert "streamlit" in loaded
    return [name for name in names if name in loaded]


def _serve(report: Path) -> None:
    from streamlit.web.cli import main

    def write(*_: Any) -> None:
        (report / "part").write_text("\n".join(list(sys.modules)))
        (report / "part").rename(report / "modules")

    report.mkdir(parents=True, exist_ok=True)
    (report / "pid").write_text(str(os.getpid()))
    signal.signal(signal.SIGUSR1, write)
    sys.argv = ["streamlit", *sys.argv[2:]]
    main(prog_name="streamlit")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
