"""How long the index takes, beside the obvious way, in one run on the same files.

    python benchmarks/speed/index_speed.py ../shared/data/chest_xray

The obvious way: a loop that opens each file with OpenCV, takes its size and a SHA-256. Ours: the first index, the
second with nothing changed, and one with one file changed (a copy of the set is used, yours is not touched). The two
ways take turns, so that a busy machine slows both. Exits 1 unless the first index takes at most 0.5 of the obvious
way's time, the second at most 1 second, and the third reads one file.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import cv2

ROUNDS = 3


def obvious_way(root: Path) -> dict[Path, tuple]:
    """Size and SHA-256 of every film, one after the other."""
    found = {}
    for path in sorted(root.rglob("*.jp*g")):
        pixels = cv2.imread(str(path))
        assert pixels is not None, path
        found[path] = (pixels.shape, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def main() -> int:
    """Measure and print; 0 if every limit holds."""
    parser = argparse.ArgumentParser(description="Time the index beside the obvious way.")
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["CXR_HOME"] = f"{scratch}/home"
        from cxr_core.datasets.index import build_index

        copy = Path(shutil.copytree(options.data, f"{scratch}/set"))
        films = len(obvious_way(copy))  # once unmeasured, so that both ways find the files in memory
        obvious, first = [], []
        for _ in range(ROUNDS):
            obvious.append(_seconds(obvious_way, copy))
            shutil.rmtree(f"{scratch}/home", ignore_errors=True)
            first.append(_seconds(build_index, copy))
        second = min(_seconds(build_index, copy) for _ in range(ROUNDS))
        changed = next(copy.rglob("*.jp*g"))
        changed.write_bytes(changed.read_bytes() + b"\0")
        read_again = build_index(copy).read
    ratio = min(first) / min(obvious)
    print(f"{films:,} films, {len(os.sched_getaffinity(0))} cores, best of {ROUNDS}")
    print(f"obvious way   {min(obvious):6.2f} s")
    print(f"first index   {min(first):6.2f} s, {ratio:.2f} of it (at most 0.50)")
    print(f"second index  {second:6.2f} s (at most 1)")
    print(f"one changed   {read_again} read again")
    return 0 if ratio <= 0.5 and second <= 1 and read_again == 1 else 1


def _seconds(work, *arguments) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
