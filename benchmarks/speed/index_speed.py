"""Compares the time of the index with that of a simple loop, in one run on the same files.

    python benchmarks/speed/index_speed.py ../shared/data/chest_xray

The loop opens each file with OpenCV and takes its size and SHA-256. The index is measured three times: the first time,
with nothing changed, and with one file changed, on a copy of the data set. Loop and index alternate, so that other load
of the machine slows both. Exits with 1 unless the first index takes at most half the time of the loop, the second at
most 1 second, and the third reads one file.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2

ROUNDS = 3


def simple_loop(root: Path) -> dict[Path, tuple[tuple[int, ...], str]]:
    """Shape and SHA-256 of every film, one after the other."""
    found = {}
    for path in sorted(root.rglob("*.jp*g")):
        pixels = cv2.imread(str(path))
        assert pixels is not None, path
        found[path] = (pixels.shape, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def main() -> int:
    """Measures and prints; 0 if every limit holds."""
    parser = argparse.ArgumentParser(description="Compare the time of the index with that of a simple loop.")
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["CXR_HOME"] = f"{scratch}/home"
        from cxr_core.datasets.index import build_index

        copy = Path(shutil.copytree(options.data, f"{scratch}/set"))
        films = len(simple_loop(copy))  # not measured, so that both find the files in the page cache
        loop: list[float] = []
        first: list[float] = []
        for _ in range(ROUNDS):
            loop.append(_seconds(simple_loop, copy))
            shutil.rmtree(f"{scratch}/home", ignore_errors=True)
            first.append(_seconds(build_index, copy))
        second = min(_seconds(build_index, copy) for _ in range(ROUNDS))
        changed = next(copy.rglob("*.jp*g"))
        changed.write_bytes(changed.read_bytes() + b"\0")
        read_again = build_index(copy).files_read
    ratio = min(first) / min(loop)
    print(f"{films:,} films, {len(os.sched_getaffinity(0))} cores, best of {ROUNDS}")
    print(f"simple loop   {min(loop):6.2f} s")
    print(f"first index   {min(first):6.2f} s, {ratio:.2f} of it (at most 0.50)")
    print(f"second index  {second:6.2f} s (at most 1)")
    print(f"one changed   {read_again} read again")
    return 0 if ratio <= 0.5 and second <= 1 and read_again == 1 else 1


def _seconds(work: Callable[[Path], object], data: Path) -> float:
    start = time.perf_counter()
    work(data)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
