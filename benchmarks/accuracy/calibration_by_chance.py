"""The calibration error of a model's held-out films, by source, beside what a perfectly calibrated one would show.

    python -m benchmarks.accuracy.calibration_by_chance [--model NAME]

From the scores stored with the model; no film is opened. Labels are drawn anew from the scores, as if these were right:
the expected calibration error that such draws show is what chance alone makes of so few films.
"""

import argparse

import numpy as np

from cxr_core.evaluation.sources import of_both_classes
from cxr_core.labels import PNEUMONIA
from cxr_core.limits import read_table
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import expected_calibration_error
from cxr_core.models.registry import find_model

DRAWS = 4000


def main() -> None:
    """Print one line a source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    model = find_model(parser.parse_args().model)
    films, _ = of_both_classes(read_table(model.folder / "evaluations" / "held-out.csv"))
    print(f"model {model.name} {model.version}, held-out films")
    rng = np.random.default_rng(0)
    for source, rows in films.groupby("source", sort=True):
        sick, probabilities = (rows["label"] == PNEUMONIA).to_numpy(), rows["score"].to_numpy(float)
        by_chance = [_error(rng.random(len(rows)) < probabilities, probabilities) for _ in range(DRAWS)]
        print(
            f"{source}, {len(rows)} films: ECE {_error(sick, probabilities):.3f}; if perfectly "
            f"calibrated {np.mean(by_chance):.3f} in the mean, up to {np.quantile(by_chance, 0.95):.3f} in 95 of 100"
        )


def _error(sick: np.ndarray, probabilities: np.ndarray) -> float:
    names = np.arange(len(probabilities)).astype(str)
    scores = Scores(np.asarray(sick, int), probabilities, names, names)
    return float(expected_calibration_error(scores)(np.ones((1, len(names))))[0])


if __name__ == "__main__":
    main()
