"""What the gate refuses, blind, and how fast it is.

    python -m benchmarks.accuracy.gate ../shared/data

Pictures that are no frontal films: by the gates that `cxr_core/publishing/publish_gate.py` fitted on the other half of them,
if their folder is under CXR_HOME, else the figures on the shipped gate's card. Frontal films of the check patients,
upright and spoilt: by the shipped gate, which has not seen them. Wanted: 99% of photographs, 95% of slices, 90% of
lateral films and all hands refused, at most 2% of upright frontal films.
"""

import argparse
import time
from pathlib import Path
from statistics import median

from cxr_core.imaging.decode import read_film
from cxr_core.inference.gate.gate import Gate, shipped_gate
from cxr_core.publishing.publish_gate import half_folder, measure_films, measure_others
from cxr_core.training.gate.training_films import load


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = load(parser.parse_args().data)
    gate = shipped_gate()
    halves = [half_folder(half) for half in (0, 1)]
    fitted = all((folder / "card.json").exists() for folder in halves)
    others = measure_others(data, [Gate(folder) for folder in halves]) if fitted else gate.card["figures"]["others"]
    for kind, figure in others.items():
        print(f"{kind:14s} {_told(figure)}{'' if fitted else ', from the card'}")
    for kind, said in measure_films(gate, data).items():
        print(f"{kind:14s} {_told(said['refused'])}, {said['turned_right']} turned right")
    films = [read_film(path) for path in data.paths["test"][:32]]
    print(
        f"one film {_milliseconds(gate, films[:1]):.1f} ms, in a batch of 32 {_milliseconds(gate, films):.1f} ms each"
    )


def _told(figure: dict) -> str:
    return f"{figure['value']:.1%} of {figure['n']} refused ({figure['low']:.1%} to {figure['high']:.1%})"


def _milliseconds(gate: Gate, films: list) -> float:
    times = []
    for _ in range(10):
        started = time.perf_counter()
        gate.admit(films)
        times.append(time.perf_counter() - started)
    return median(times) / len(films) * 1000


if __name__ == "__main__":
    main()
