"""Fit the gate and measure it on pictures it has not seen.

    nice .venv/bin/python -m cxr_core.publishing.publish_gate ../shared/data --out cxr_core/inference/gate/gate_model

Three fits of about 7 minutes each on 2 cores: two on one half of the pictures that are no frontal films, each measured
on the other half, and the one that is shipped, in the same way on all of them. The card says which is which.
Score to expect: every photograph, slice, lateral film and hand of the other half refused, under 1.5% of frontal films.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.backend import import_keras
from cxr_core.errors import CXRError
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.gate import Gate
from cxr_core.metrics.estimate import wilson
from cxr_core.models.registry import sha256_of
from cxr_core.paths import cache_folder
from cxr_core.training.gate.fit import FittedGate, fit_gate
from cxr_core.training.gate.training_films import SEED, GateData, load

STEPS = 2000
MAX_BATCH = 64


def main() -> int:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds chest_xray and not_chest_xray")
    parser.add_argument("--out", type=Path, required=True, help="where the gate is written")
    parser.add_argument("--steps", type=int, default=STEPS, help="batches of each fit")
    parser.add_argument("--measure", action="store_true", help="fit nothing; measure the gates of the last fit again")
    asked = parser.parse_args()
    try:
        data = load(asked.data)
        if not asked.measure:
            for half in (0, 1):
                _fit(data, (half,), half_folder(half), asked.steps)
            _fit(data, (0, 1), asked.out, asked.steps)
        halves = [Gate(half_folder(half)) for half in (0, 1)]
        figures = {"others": measure_others(data, halves), "films": measure_films(Gate(asked.out), data)}
    except CXRError as error:
        print(error, file=sys.stderr)
        return 1
    card = asked.out / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"figures": figures}, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


def half_folder(half: int) -> Path:
    """Where the gate fitted on that half of the other pictures is kept, for `benchmarks/accuracy/gate.py`."""
    return cache_folder("gate") / f"half-{half}"


def measure_others(data: GateData, halves: list[Gate]) -> dict[str, Any]:
    """Of each kind, how many were refused by the gate that was fitted on the other half of them."""
    refused: dict[str, list[bool]] = {kind: [] for kind in data.others}
    for half, gate in enumerate(halves):
        for kind, files in data.others.items():
            refused[kind] += [a.refusal is not None for a in gate.admit([read_film(f) for f in files[1 - half]])]
    return {kind: wilson(sum(said), len(said)).to_dict() for kind, said in refused.items()}


def measure_films(gate: Gate, data: GateData) -> dict[str, Any]:
    """Of the check patients' films, upright and spoilt, how many were refused and how many turned right."""
    figures = {}
    for kind, films in data.check_films().items():
        said = admitted(gate, films)
        refused = sum(a.refusal is not None for a in said)
        figures[kind] = {
            "refused": wilson(refused, len(said)).to_dict(),
            "turned_right": sum(bool(a.notes) for a in said),
        }
    return figures


def admitted(gate: Gate, films: list[Film]) -> list:
    """The gate's answers, asked for in batches."""
    return [one for i in range(0, len(films), MAX_BATCH) for one in gate.admit(films[i : i + MAX_BATCH])]


def _fit(data: GateData, halves: tuple[int, ...], folder: Path, steps: int) -> None:
    pictures = data.pictures(halves)
    counts = {kind: sum(len(files[half]) for half in halves) for kind, files in data.others.items()}
    print(f"fitting on {len(pictures.films)} frontal films and {counts}", flush=True)
    began = time.perf_counter()
    fitted = fit_gate(pictures, list(data.films["val"]), steps, SEED, lambda line: print(line, flush=True))
    _write(fitted, folder, {"frontal": len(pictures.films)} | counts, steps, time.perf_counter() - began)


def _write(fitted: FittedGate, folder: Path, counts: dict[str, int], steps: int, seconds: float) -> None:
    from cxr_core.training.gate.network import CLASSES

    folder.mkdir(parents=True, exist_ok=True)
    plain = import_keras().models.clone_model(fitted.network)  # without the optimiser's state, twice the weights
    plain.set_weights(fitted.network.get_weights())
    plain.save(folder / "model.keras")
    arrays = {"mean": fitted.mean.astype(np.float32), "whitening": fitted.whitening.astype(np.float32)}
    np.savez_compressed(folder / "distance.npz", **arrays)  # type: ignore[arg-type]
    card = {
        "name": "gate",
        "summary": "Whether a picture is an upright frontal chest film with both lungs on it.",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": sha256_of(folder / "model.keras"),
        "classes": list(CLASSES),
        "limits": {"min_probability": fitted.min_probability, "max_distance": fitted.max_distance},
        "fitted_on": counts,
        "steps": steps,
        "seed": SEED,
        "seconds": round(seconds),
        "licence": "Apache-2.0; frontal films under CC BY 4.0 (Kermany et al. 2018)",
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
