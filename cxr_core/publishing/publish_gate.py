"""Fit the gate and test it on images that were not used for fitting.

    nice .venv/bin/python -m cxr_core.publishing.publish_gate ../shared/data --out cxr_core/inference/gate/gate_model

Three fits of about 7 minutes each on 2 cores. Two use one half of the images that are not frontal films and are tested
on the other half. The third, which is shipped, uses all of them with the same settings. `--convert` converts a fitted
gate for reading and fits nothing.
Expected result: all photographs, CT slices, lateral films and hands of the other half are refused, and fewer than 1.5%
of frontal films.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.backend import import_keras
from cxr_core.errors import CXRError, work_error
from cxr_core.files import sha256_of
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.imaging.gate_input import gate_input
from cxr_core.inference.gate.gate import INVERSION_CORRECTED, ROLES, Admission, Gate
from cxr_core.metrics.estimate import wilson
from cxr_core.parallel import map_in_order
from cxr_core.paths import cache_folder
from cxr_core.publishing.convert import convert_network
from cxr_core.publishing.publish_age_groups import publish_age_groups
from cxr_core.training.gate.fit import FittedGate, fit_gate
from cxr_core.training.gate.training_films import SEED, GateData, load

STEPS = 2000


def main() -> int:
    """Fit and test the gates, write the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with chest_xray, not_chest_xray and rsna_adults")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write the gate to")
    parser.add_argument("--steps", type=int, default=STEPS, help="number of batches of each fit")
    parser.add_argument("--convert", action="store_true", help="only convert the gate in --out for reading")
    parser.add_argument("--measure", action="store_true", help="fit nothing; test the gates of the last fit again")
    arguments = parser.parse_args()
    try:
        data = load(arguments.data)
        if arguments.convert:
            print(json.dumps(convert_gate(arguments.out, comparison_inputs(data)), indent=1))
            return 0
        if not arguments.measure:
            for half in (0, 1):
                _fit(data, (half,), half_folder(half), arguments.steps)
            _fit(data, (0, 1), arguments.out, arguments.steps)
            publish_age_groups(arguments.data, arguments.out)
        halves = [Gate(half_folder(half)) for half in (0, 1)]
        figures = {"others": measure_non_frontal(data, halves), "films": measure_frontal(Gate(arguments.out), data)}
    except CXRError as error:
        print(error, file=sys.stderr)
        return 1
    card = arguments.out / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"figures": figures}, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


def half_folder(half: int) -> Path:
    """The folder of the gate fitted on half 0 or 1 of the non-frontal images."""
    return cache_folder("gate") / f"half-{half}"


def convert_gate(folder: Path, inputs: np.ndarray) -> dict[str, Any]:
    """Convert the gate's network in `folder` for reading; writes the card's entry `conversion`, and returns it.

    inputs: of the gate's network, `uint8 (N, SIDE, SIDE)`, on which both are compared. Raises WorkError.
    """
    keras, card = import_keras(), folder / "card.json"
    try:
        network = keras.saving.load_model(folder / "model.keras", compile=False, safe_mode=True)
        outputs = keras.Model(network.input, [network.get_layer(role).output for role in ROLES])
        of = {"of": sha256_of(folder / "model.keras")}
        entry = of | convert_network(outputs, ROLES, folder / "model.tflite", inputs)
        card.write_text(json.dumps(json.loads(card.read_text()) | {"conversion": entry}, indent=1) + "\n")
    except (OSError, ValueError) as error:
        raise work_error(folder, "the gate cannot be converted", error) from error
    return entry


def comparison_inputs(data: GateData) -> np.ndarray:
    """Inputs of the gate's network, `uint8 (N, SIDE, SIDE)`: validation films, and all pictures that are no films."""
    others = [read_film(file).pixels for halves in data.others.values() for half in halves for file in half]
    return np.stack([gate_input(pixels) for pixels in [*data.films["val"], *others]])


def measure_non_frontal(data: GateData, halves: list[Gate]) -> dict[str, Any]:
    """For each kind, the share of images refused by the gate that was fitted on the other half, with its interval."""
    refused: dict[str, list[bool]] = {kind: [] for kind in data.others}
    for half, gate in enumerate(halves):
        for kind, files in data.others.items():
            refused[kind] += [a.refusal is not None for a in _admit(gate, (read_film(f) for f in files[1 - half]))]
    return {kind: wilson(sum(refusals), len(refusals)).to_dict() for kind, refusals in refused.items()}


def measure_frontal(gate: Gate, data: GateData) -> dict[str, Any]:
    """For films of the check patients, as they are and degraded: share refused, number with corrected grey scale."""
    figures = {}
    for kind, films in data.check_films().items():
        admissions = _admit(gate, films)
        refused = sum(admission.refusal is not None for admission in admissions)
        figures[kind] = {
            "refused": wilson(refused, len(admissions)).to_dict(),
            "turned_right": sum(INVERSION_CORRECTED in admission.notes for admission in admissions),
        }
    return figures


def _admit(gate: Gate, films: Iterable[Film]) -> list[Admission]:
    return list(map_in_order(lambda film: gate.admit([film])[0], films))


def _fit(data: GateData, halves: tuple[int, ...], folder: Path, steps: int) -> None:
    pictures = data.pictures(halves)
    counts = {kind: sum(len(files[half]) for half in halves) for kind, files in data.others.items()}
    print(f"fitting on {len(pictures.films)} frontal films and {counts}", flush=True)
    started = time.perf_counter()
    fitted = fit_gate(pictures, list(data.films["val"]), steps, SEED, lambda line: print(line, flush=True))
    _write(fitted, folder, {"frontal": len(pictures.films)} | counts, steps, time.perf_counter() - started)
    convert_gate(folder, comparison_inputs(data))


def _write(fitted: FittedGate, folder: Path, counts: dict[str, int], steps: int, seconds: float) -> None:
    from cxr_core.training.gate.network import CLASSES

    folder.mkdir(parents=True, exist_ok=True)
    network = import_keras().models.clone_model(fitted.network)  # without the optimiser's state, twice the weights
    network.set_weights(fitted.network.get_weights())
    network.save(folder / "model.keras")
    arrays = {"mean": fitted.mean.astype(np.float32), "whitening": fitted.whitening.astype(np.float32)}
    np.savez_compressed(folder / "distance.npz", **arrays)  # type: ignore[arg-type]
    card = {
        "name": "gate",
        "summary": "Whether an image is an upright frontal chest film with both lungs on it.",
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
