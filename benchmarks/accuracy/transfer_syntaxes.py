"""Full-size films through every transfer syntax and bit depth, 8 to 16, that pydicom and gdcm can write.

    python -m benchmarks.accuracy.transfer_syntaxes FOLDER [--films 100] [--results FILE]

FOLDER: films (JPEG). Each film is written at each depth in each transfer syntax, read, and compared with its values
scaled to 8 bits. Prints, for each transfer syntax, how many films are identical and the largest mean and largest single
difference in grey levels. Expected: identical where lossless, at most 2 grey levels (mean) where lossy; exits 1
otherwise. 100 films take an hour of processor time. What was compared is kept in FILE (CSV): started again with it, the
command goes on where it was stopped. Films are written in processes, since OpenJPEG's encoder ends one that uses it in
two threads (its decoder does not).
"""

import argparse
import csv
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cxr_core.imaging.decode import decode_film, read_film
from tests.support.files.transfer_syntaxes import is_lossless, syntaxes, values_of, written

DEPTHS = range(8, 17)
MOST_LOSSY = 2.0  # grey levels, in the mean of a film


class Difference(NamedTuple):
    """How far a film, written and read, is from what was written, in grey levels; -1 where it cannot be written."""

    film: str
    bits: int
    syntax: str
    mean: float
    largest: int


def main() -> int:
    """Write, decode, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", type=int, default=100)
    parser.add_argument("--results", type=Path, default=Path("transfer_syntaxes.csv"))
    arguments = parser.parse_args()
    files = sorted(file for file in arguments.folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
    found = kept(arguments.results)
    done = {(one.film, one.bits, one.syntax) for one in found}
    tasks = [
        (file, bits, names)
        for file, bits in product(files[: arguments.films], DEPTHS)
        if (names := [name for name in syntaxes(bits) if (file.name, bits, name) not in done])
    ]
    with arguments.results.open("a", newline="") as stream, ProcessPoolExecutor(2) as pool:
        for number, of_film in enumerate(pool.map(differences, tasks), start=1):
            csv.writer(stream).writerows(of_film)
            stream.flush()
            found += of_film
            print(f"{number} of {len(tasks)}", file=sys.stderr, flush=True)
    return print_table(found)


def kept(file: Path) -> list[Difference]:
    """What an earlier run has compared."""
    rows = list(csv.reader(file.open(newline=""))) if file.exists() else []
    return [Difference(film, int(bits), name, float(mean), int(most)) for film, bits, name, mean, most in rows]


def differences(task: tuple[Path, int, list[str]]) -> list[Difference]:
    """One film at one depth, through some transfer syntaxes."""
    file, bits, names = task
    values = values_of(read_film(file).pixels, bits)
    expected = np.rint(values / (2**bits - 1) * 255)
    found = []
    for name in names:
        try:
            data = written(values, bits, name)
        except subprocess.CalledProcessError:  # gdcm's RLE ends with an assertion for an odd number of bytes
            found.append(Difference(file.name, bits, name, -1, -1))
            continue
        apart = np.abs(decode_film(data, "film.dcm").pixels - expected)
        found.append(Difference(file.name, bits, name, round(float(apart.mean()), 4), int(apart.max())))
    return found


def print_table(found: list[Difference]) -> int:
    """A row for each transfer syntax; returns 1 if one is not as expected."""
    as_expected = True
    for name in dict.fromkeys(one.syntax for one in found):
        rows = [one for one in found if one.syntax == name and one.largest >= 0]
        not_written = sum(one.syntax == name for one in found) - len(rows)
        identical = sum(one.largest == 0 for one in rows)
        mean, largest = max(one.mean for one in rows), max(one.largest for one in rows)
        fine = identical == len(rows) if is_lossless(name) else mean <= MOST_LOSSY
        as_expected = as_expected and fine
        depths = sorted({one.bits for one in rows})
        print(
            f"{name:42} {depths[0]:2} to {depths[-1]:2} bits: {identical} of {len(rows)} identical, mean {mean:.3f}, "
            f"largest {largest}: {'ok' if fine else 'NOT AS EXPECTED'}"
            f"{f'; {not_written} not written' if not_written else ''}"
        )
    return int(not as_expected)


if __name__ == "__main__":
    sys.exit(main())
