"""The same evaluation with the converted network and with Keras: every film's logit, verdict and every estimate.

    nice python -m benchmarks.accuracy.runtime_parity ../shared/data/chest_xray [--model NAME] [--split SPLIT]

By default on the model's own validation patients, so that no test film is accessed. Target: no logit differs by more
than 1e-4, and no estimate in its first four digits after the point.
"""

import argparse
from pathlib import Path

import numpy as np

from cxr_core.datasets.index import build_index
from cxr_core.evaluation.evaluation import scores_of
from cxr_core.evaluation.film_scoring import choose_films, score_films
from cxr_core.inference.predictor import Predictor
from cxr_core.metrics.classification import evaluate
from cxr_core.models.registry import find_model
from cxr_core.publishing.network_outputs import KerasNetwork


def main() -> None:
    """Print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--split", help="see `evaluate`; by default the validation part of the model's split table")
    options = parser.parse_args()
    model = find_model(options.model)
    index = build_index(options.data)
    films = choose_films(index, options.split or f"{model.folder / 'split.csv'}:val")
    lite, keras = Predictor(model), Predictor(model, network=KerasNetwork(model))
    tables = [score_films(predictor, index, films) for predictor in (lite, keras)]
    apart = np.abs(tables[0]["logit"] - tables[1]["logit"])
    print(f"{len(films)} films of {model.name}: logits differ by up to {apart.max():.1e}, mean {apart.mean():.1e}")
    print(f"verdicts that differ: {int((tables[0]['verdict'] != tables[1]['verdict']).sum())}")
    estimates = [evaluate(scores_of(table), lite.threshold).estimates for table in tables]
    largest = 0.0
    for name, one in estimates[0].items():
        for key in ("value", "low", "high"):
            ours, theirs = getattr(one, key), getattr(estimates[1][name], key)
            if (ours is None) != (theirs is None):
                print(f"{name}.{key}: {ours} and {theirs}")
            elif ours is not None:
                largest = max(largest, abs(ours - theirs))
    print(f"largest difference of an estimate or an end of its interval: {largest:.1e}")


if __name__ == "__main__":
    main()
