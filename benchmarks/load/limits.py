"""Files that cost far more than their size: how each is refused, how long it takes and how much memory.

    python -m benchmarks.load.limits [--checkout OTHER]

Target: each is refused in one line, no traceback, within 60 s and 1.5 GB. `--checkout` does the same in another
checkout of this repository, for example of an older version, with the same Python. `tests/support/bombs.py` makes the
files.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from cxr_core.paths import REPOSITORY
from tests.support.bombs import written

SECONDS, GB = 60, 1.5


def main() -> None:
    """Give every file to its verb and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, action="append", default=[])
    options = parser.parse_args()
    checkouts = [REPOSITORY, *options.checkout]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        failed = 0
        for name, arguments in written(Path(folder) / "files"):
            print(name)
            for checkout in checkouts:
                refused, line = _result(checkout, arguments, home)
                print(f"  {checkout.name:12}{line}", flush=True)
                failed += not refused and checkout == REPOSITORY
    raise SystemExit(failed > 0)


def _result(checkout: Path, arguments: list[str], home: Path) -> tuple[bool, str]:
    """Whether a verb refused a file as it should, and a line that says so."""
    started, peak = time.monotonic(), 0.0
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "cxr_core", *arguments],
            cwd=checkout,
            env=os.environ | {"CXR_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        watched = psutil.Process(process.pid)
        while process.poll() is None and time.monotonic() - started < SECONDS and peak < 2 * GB:
            peak = max(peak, watched.memory_info().rss / 1e9)
            time.sleep(0.01)
        seconds = time.monotonic() - started
        ended = process.poll()
        process.kill()
        process.wait()
        errors.seek(0)
        text = errors.read().strip().splitlines() or [""]
    how = "ended by us" if ended is None else f"exit {ended}"
    traceback = any(line.startswith("Traceback") for line in text)
    refused = ended in (0, 1, 2) and not traceback and peak < GB
    return refused, f"{how}, {seconds:5.1f} s, {peak:4.1f} GB{', traceback' if traceback else ''}: {text[-1][:110]}"


if __name__ == "__main__":
    main()
