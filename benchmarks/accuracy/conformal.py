"""Errors among definite verdicts, and the share of uncertain ones, at each error rate, on patients never trained on.

    python -m benchmarks.accuracy.conformal DATA RUN [--model NAME] [--part test]

RUN is the run that the model was published from; its held-out patients are read once. Requirement: among definite
verdicts the error of each class is at most the rate, within its 95% Wilson interval.
"""

import argparse
from pathlib import Path

import numpy as np

from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.inference.decision import Choice
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.estimate import wilson
from cxr_core.models.registry import find_model
from cxr_core.training.runs import find_run


def main() -> None:
    """Read the films once and decide at each operating point and error rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run")
    parser.add_argument("--model")
    parser.add_argument("--part", default="test", choices=["val", "test"])
    options = parser.parse_args()
    predictor = Predictor(find_model(options.model))
    model = predictor.model
    index = build_index(options.data)
    films = index.films[read_split(index.films, find_run(options.run).folder / "split.csv") == options.part]
    inputs = np.array(cached_inputs(index.root, films, predictor.preprocessing))
    probabilities, by_view = predictor.probabilities_by_view(inputs)
    predictions = [
        Prediction(path, "", probability=float(probability), view_probabilities=views)
        for path, probability, views in zip(films["path"], probabilities, by_view.T, strict=True)
    ]
    truth = np.where(films["label"] == PNEUMONIA, "pneumonia", "normal")

    print(f"{len(films)} films of {films['patient'].nunique()} patients, model {model.name} {model.version}")
    print("point     rate  uncertain  error among definite verdicts (95% interval): all, normal, pneumonia")
    for point in predictor.rules.thresholds:
        for rate in sorted(predictor.rules.limits):
            verdicts = np.array([predictor.decide(one, Choice(point, rate)).verdict for one in predictions])
            definite = verdicts != "uncertain"
            groups = [definite, definite & (truth == "normal"), definite & (truth == "pneumonia")]
            errors = [_error(verdicts[group] != truth[group], rate) for group in groups]
            print(f"{point:9s} {rate:4.0%}  {1 - definite.mean():9.1%}  {'   '.join(errors)}")


def _error(wrong: np.ndarray, rate: float) -> str:
    share = wilson(int(wrong.sum()), len(wrong))
    if share.value is None or share.low is None:
        return "no definite verdict"
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%}) {'ok' if share.low <= rate else 'TOO MANY'}"


if __name__ == "__main__":
    main()
