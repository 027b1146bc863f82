"""Verdicts of validation films as they are read, beside those with all views of every film; and the network's work.

    nice python -m benchmarks.accuracy.fewer_views ../shared/data/chest_xray [../shared/data/rsna_adults/films.csv ...]
        [--model NAME] [--all]

A film whose first views, itself and its mirror image, are near to 0 or 1 is not shifted (`fit_stability`). Read are the
validation films of the model's split table that the gate admits, or with --all also those that are in no part of it,
never a test film. Target: no verdict differs, at any operating point and error rate that the model has.
"""

import argparse
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from cxr_core.datasets.index import build_index
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.decision import Choice
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.predictor import Predictor
from cxr_core.limits import read_table
from cxr_core.models.registry import find_model


def main() -> None:
    """Print the differences for each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--model")
    parser.add_argument("--all", action="store_true", help="films that are not in the split table as well")
    options = parser.parse_args()
    predictor, every = (Predictor(find_model(options.model)) for _ in range(2))
    every.rules = replace(every.rules, clear=0.0)
    split = read_table(predictor.model.folder / "split.csv").set_index("sha256")["split"]
    choices = [Choice(*one) for one in product(predictor.rules.thresholds, predictor.rules.limits)]
    print(f"{predictor.model.name}, clear {predictor.rules.clear:g}")
    for data in options.data:
        index = build_index(data)
        part = index.readable["sha256"].map(split).fillna("none")
        films = index.readable[part.isin(["val", "none"] if options.all else ["val"])]
        verdicts, fewer, spreads, seconds = [], [], [], np.zeros(2)
        for path in films["path"]:
            film = read_film(index.root / path)
            (one, here), (other, there) = timed(predictor, film), timed(every, film)
            seconds += here, there
            if one.view_probabilities is not None and other.view_probabilities is not None:
                verdicts.append(
                    [predictor.decide(one, by).verdict == every.decide(other, by).verdict for by in choices]
                )
                fewer.append(len(one.view_probabilities) < len(other.view_probabilities))
                spreads.append(np.ptp(other.view_probabilities))
        largest = max((spread for spread, few in zip(spreads, fewer, strict=True) if few), default=0.0)
        print(
            f"{data}: {len(fewer)} films read, {np.mean(fewer):.0%} of them with fewer views; {len(choices)} choices, "
            f"{int((~np.array(verdicts)).any(axis=1).sum())} films with another verdict; largest spread of films that "
            f"are not shifted {largest:.3f} ({predictor.rules.max_spread:.3f} is unstable); processor time of gate and "
            f"network {seconds[0] / seconds[1]:.2f} of that with all views"
        )


def timed(predictor: Predictor, film: Film) -> tuple[Prediction, float]:
    """A film's prediction, and its processor time in seconds."""
    started = time.process_time()
    return predictor.predict_film(film), time.process_time() - started


if __name__ == "__main__":
    main()
