"""Computing time of the Dataset page's Shortcuts and Faults on films that were never decoded, this state and another.

    python -m benchmarks.speed.shortcuts DATA [--checkout OTHER]

Prints, for each checkout, seconds of processor time and of wall time: pixel statistics, shortcuts, faults. The index is
built first and not counted. Each runs in its own process with its own caches, one after the other in one call.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cxr_core.paths import REPOSITORY

SCRIPT = """
import sys, time
from pathlib import Path
from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.{issues} import {find}
from cxr_core.datasets.quality.{statistics} import {compute}
from cxr_core.datasets.quality import shortcuts as s
index = build_index(Path(sys.argv[1]))
wall, used = time.perf_counter(), time.process_time()
def lap(name):
    global wall, used
    now, cpu = time.perf_counter(), time.process_time()
    print(f"  {{name:18}} {{cpu - used:6.1f}} s of processor time, {{now - wall:6.1f}} s")
    wall, used = time.perf_counter(), time.process_time()
found = {compute}(index); lap("pixel statistics")
s.shape_shortcut(index), s.grey_value_shortcuts(index, found), s.corner_mark_shares(index, found)
s.films_per_patient(index), s.mean_films(index, found); lap("shortcuts")
{find}(index, found); lap("faults")
"""
NAMES = {
    "issues": "issues",
    "find": "find_issues",
    "statistics": "pixel_statistics",
    "compute": "compute_pixel_statistics",
}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--checkout", type=Path, help="another state with the same modules, to run before this one")
    options = parser.parse_args()
    for checkout in filter(None, (options.checkout, REPOSITORY)):
        print(checkout.name, flush=True)
        with tempfile.TemporaryDirectory() as home:
            environment = os.environ | {"CXR_HOME": home, "PYTHONPATH": str(checkout)}
            command = [sys.executable, "-c", SCRIPT.format(**NAMES), str(options.data.resolve())]
            subprocess.run(command, cwd=checkout, env=environment, check=True)


if __name__ == "__main__":
    main()
