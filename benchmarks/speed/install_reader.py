"""Installing a reading station: seconds and megabytes of `requirements-read.txt` in a new environment.

    python -m benchmarks.speed.install_reader

Packages come from pip's cache after the first run. Compiled copies of the modules are left out (`--no-compile`): Python
writes those that are used. What the new environment itself holds, pip above all, is counted apart. Then the sample
films are read there, by `predict` and on the Diagnose page. Target: under 700 MB and 30 s.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cxr_core.paths import REPOSITORY


def size_of(folder: Path) -> float:
    """Megabytes of the files in a folder."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def processor_time() -> float:
    """Seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the seconds, the sizes before and after use, and what the journeys loaded."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        empty, started, before = size_of(Path(folder)), time.perf_counter(), processor_time()
        subprocess.run([*install, "-r", "requirements-read.txt"], cwd=REPOSITORY, check=True, stderr=subprocess.DEVNULL)
        seconds, processor = time.perf_counter() - started, processor_time() - before
        print(f"installed in {seconds:.0f} s ({processor:.0f} s of processor time), ", end="")
        print(f"{size_of(Path(folder)) - empty:.0f} MB beside {empty:.0f} MB of an empty environment", flush=True)
        for journey in ("predict", "diagnose"):
            home = os.environ | {"CXR_HOME": f"{folder}/home"}
            command = [python, "-m", "tests.support.journeys", journey]
            done = subprocess.run(command, cwd=REPOSITORY, env=home, capture_output=True, text=True)
            print(f"{journey}: {'works' if done.returncode == 0 else done.stderr[-500:]}", flush=True)
        print(f"after use {size_of(Path(folder)):.0f} MB")


if __name__ == "__main__":
    main()
