"""Full-size films through every transfer syntax that pydicom and gdcm can write, at 8, 10, 12, 14 and 16 bits in turn.

    python -m benchmarks.accuracy.transfer_syntaxes FOLDER [--films 100]

FOLDER: films (JPEG). Each film goes through every transfer syntax, at the bit depth of its turn, and is compared with
its values scaled to 8 bits. Prints, for each transfer syntax, how many films are identical and the largest mean and
largest single difference in grey levels. Expected: identical where lossless, at most 2 grey levels (mean) where lossy.
"""

import argparse
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cxr_core.imaging.decode import decode_film, read_film
from tests.support.files.transfer_syntaxes import DEPTHS, is_lossless, syntaxes, values_of, written


def main() -> None:
    """Write, decode, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", type=int, default=100)
    arguments = parser.parse_args()
    files = sorted(file for file in arguments.folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
    found: dict[str, list[tuple[float, int]]] = defaultdict(list)
    with ThreadPoolExecutor(2) as pool:
        for of_film in pool.map(film_differences, enumerate(files[: arguments.films])):
            for name, difference in of_film.items():
                found[name].append(difference)
    for name, differences in found.items():
        identical = sum(largest == 0 for _, largest in differences)
        mean, largest = max(mean for mean, _ in differences), max(largest for _, largest in differences)
        verdict = "ok" if (identical == len(differences) if is_lossless(name) else mean <= 2) else "NOT AS EXPECTED"
        print(f"{name:42} {identical:3} of {len(differences)} identical, mean {mean:.3f}, largest {largest}: {verdict}")


def film_differences(numbered: tuple[int, Path]) -> dict[str, tuple[float, int]]:
    """For each transfer syntax, the mean and the largest difference of one film, in grey levels."""
    number, file = numbered
    bits = DEPTHS[number % len(DEPTHS)]
    values = values_of(read_film(file).pixels, bits)
    expected = np.rint(values / (2**bits - 1) * 255)
    found = {}
    for name in syntaxes(bits):
        apart = np.abs(decode_film(written(values, bits, name), "film.dcm").pixels - expected)
        found[name] = (float(apart.mean()), int(apart.max()))
    return found


if __name__ == "__main__":
    main()
