"""Fit what tells children from adults, for the gate in a folder, and write it to the gate's card.

    python -m cxr_core.publishing.publish_age_groups ../shared/data --out cxr_core/inference/gate/gate_model

Half a minute. It needs `chest_xray`, children of one hospital, and `rsna_adults`, children and adults of another with
their ages; labels are not used.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import CXRError
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.gate_input import AGE_CELLS, age_inputs, gate_input
from cxr_core.inference.gate.age_group import FILE
from cxr_core.inference.gate.gate import Gate
from cxr_core.inference.intended_use import OLDEST, YOUNGEST
from cxr_core.parallel import map_in_order
from cxr_core.training.gate.age_groups import AgedFilms, FittedAges, fit_ages


def main() -> int:
    """Fit, write, and print what is told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with chest_xray and rsna_adults")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the gate")
    arguments = parser.parse_args()
    try:
        fitted = publish_age_groups(arguments.data, arguments.out)
    except CXRError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(fitted.told, indent=1))
    return 0


def publish_age_groups(data: Path, folder: Path) -> FittedAges:
    """Fit the age groups of the gate in `folder` and write them there; `data` as for `main`. Raises CXRError."""
    fitted = fit_ages(aged_films(data, Gate(folder)), AGE_CELLS**2)
    np.savez_compressed(folder / FILE, weights=fitted.weights, bias=np.array(fitted.bias))
    entry = {"child_to": fitted.child_to, "adult_from": fitted.adult_from, "told": fitted.told}
    card = folder / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"age_groups": entry}, indent=1) + "\n")
    return fitted


def aged_films(data: Path, gate: Gate) -> AgedFilms:
    """The films of `data`, as for `main`, with the inputs that the gate gives. Raises CXRError."""
    children, ages = build_index(data / "chest_xray"), build_index(data / "rsna_adults" / "films.csv")
    with_ages = ages.readable[ages.readable["age"].notna()]
    parts = [
        _aged(gate, children, children.readable.assign(age=(YOUNGEST + OLDEST) / 2), "chest_xray"),
        _aged(gate, ages, with_ages, "rsna_adults"),
    ]
    return AgedFilms(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def _aged(gate: Gate, index: Index, rows: pd.DataFrame, source: str) -> tuple[np.ndarray, ...]:
    """The fields of `AgedFilms` for rows of an index."""
    paths = [index.root / path for path in rows["path"]]
    inputs = np.stack(list(map_in_order(lambda path: gate_input(read_film(path).pixels), paths)))
    known = rows["patient"].to_numpy(str)
    return (
        age_inputs(inputs, gate.features(inputs)),
        rows["age"].to_numpy(float),
        np.full(len(rows), source),
        np.char.add(f"{source}:", known),
    )


if __name__ == "__main__":
    sys.exit(main())
