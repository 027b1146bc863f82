"""Which images the gate refuses that were not used for fitting it, and how fast it is.

    python -m benchmarks.accuracy.gate ../shared/data

Images that are not frontal films are tested with the gate that `cxr_core.publishing.publish_gate` fitted on the other
half of them, if its folder is under CXR_HOME; else the estimates on the shipped gate's card are printed. Frontal films
of the check patients, as they are and degraded, are tested with the shipped gate, which was not fitted on them.
Target: 99% of photographs, 95% of CT slices, 90% of lateral films and all hands refused, at most 2% of upright frontal
films.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.gate import Gate, shipped_gate
from cxr_core.publishing.publish_gate import half_folder, measure_frontal, measure_non_frontal
from cxr_core.training.gate.training_films import load


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = load(parser.parse_args().data)
    gate = shipped_gate()
    halves = [half_folder(half) for half in (0, 1)]
    fitted = all((folder / "card.json").exists() for folder in halves)
    others = dict(gate.card.refused_others)
    if fitted:
        others = measure_non_frontal(data, [Gate(folder) for folder in halves])
    for kind, estimate in others.items():
        print(f"{kind:14s} {_in_words(estimate)}{'' if fitted else ', from the card'}")
    for kind, result in measure_frontal(gate, data).items():
        print(f"{kind:14s} {_in_words(result['refused'])}, grey scale of {result['turned_right']} corrected")
    films = [read_film(path) for path in data.paths["test"][:32]]
    print(
        f"one film {_milliseconds(gate, films[:1]):.1f} ms, in a batch of 32 {_milliseconds(gate, films):.1f} ms each"
    )


def _in_words(refused: Mapping[str, Any]) -> str:
    return f"{refused['value']:.1%} of {refused['n']} refused ({refused['low']:.1%} to {refused['high']:.1%})"


def _milliseconds(gate: Gate, films: list[Film]) -> float:
    times = []
    for _ in range(10):
        started = time.perf_counter()
        gate.admit(films)
        times.append(time.perf_counter() - started)
    return median(times) / len(films) * 1000


if __name__ == "__main__":
    main()
