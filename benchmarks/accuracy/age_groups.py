"""How well children are told from adults within one hospital, and how many wrong answers on adults carry the warning.

    python -m benchmarks.accuracy.age_groups ../shared/data [--model efficientnet-lite0-160]

AUROC of children against adults of `rsna_adults`, by fits without the film's patient, with what the gate reads and with
each half of it alone. Then the answers of a model on the adults of `rsna_adults`, with and without the warning; it
must not have been trained on them.
"""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from cxr_core.datasets.index import build_index
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.dicom.age import ADULT_FROM, CHILD_BELOW
from cxr_core.imaging.gate_input import AGE_CELLS
from cxr_core.inference.gate.gate import shipped_gate
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import CLASSES
from cxr_core.models.registry import find_model
from cxr_core.publishing.publish_age_groups import aged_films
from cxr_core.training.gate.age_groups import estimated_ages


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="efficientnet-lite0-160")
    arguments = parser.parse_args()
    films, cells = aged_films(arguments.data, shipped_gate()), AGE_CELLS**2
    told = (films.sources == "rsna_adults") & ((films.ages < CHILD_BELOW) | (films.ages >= ADULT_FROM))
    for what, inputs, of_film in (
        ("cells of the film and features of the gate", films.inputs, cells),
        ("cells alone", films.inputs[:, :cells], cells),
        ("features alone", films.inputs[:, cells:], 0),
    ):
        ages = estimated_ages(replace(films, inputs=inputs), of_film)[told]
        print(f"{what}: AUROC {roc_auc_score(films.ages[told] >= ADULT_FROM, ages):.3f}", flush=True)
    predictor = Predictor(find_model(arguments.model))
    index = build_index(arguments.data / "rsna_adults" / "films.csv")
    rows = index.readable[index.readable["label"].isin(CLASSES)]
    rows = rows[rows["age"].to_numpy(float) >= ADULT_FROM]
    readings = predictor.read_many(read_film(index.root / path) for path in rows["path"])
    counts: Counter[tuple[str, str]] = Counter()
    for reading, label in zip(readings, rows["label"], strict=True):
        answer = reading.verdict.upper()
        outcome = ("right" if answer == label else "wrong") if answer in CLASSES else "no answer"
        warned = reading.prediction is not None and bool(reading.prediction.age_notes)
        counts[outcome, "with the warning" if warned else "without"] += 1
    print(f"{predictor.model.name} on {np.sum(list(counts.values()))} adults:")
    for (outcome, how), number in sorted(counts.items()):
        print(f"  {outcome}, {how}: {number}")


if __name__ == "__main__":
    main()
