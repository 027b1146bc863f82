"""Errors among given answers, and the share of uncertain ones, at each error rate, on patients never trained on.

    python -m benchmarks.accuracy.conformal DATA RUN [--model NAME] [--part test]

RUN is the run that the model was published from; its held-out patients are read, once. Wanted: among given answers the
error of each class is at most the rate within its 95% Wilson interval.
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
    """Read the films once, decide at each choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run")
    parser.add_argument("--model")
    parser.add_argument("--part", default="test", choices=["val", "test"])
    asked = parser.parse_args()
    reader = Predictor(find_model(asked.model))
    index = build_index(asked.data)
    films = index.films[read_split(index.films, find_run(asked.run).folder / "split.csv") == asked.part]
    inputs = np.array(cached_inputs(index.root, films, reader.preprocessing))
    answers, views = reader.probabilities_by_view(inputs)
    found = [
        Prediction(path, "", probability=float(answer), view_probabilities=of_film)
        for path, answer, of_film in zip(films["path"], answers, views.T, strict=True)
    ]
    truth = np.where(films["label"] == PNEUMONIA, "pneumonia", "normal")

    print(
        f"{len(films)} films of {films['patient'].nunique()} patients, model {reader.model.name} {reader.model.version}"
    )
    print("point     rate  uncertain  error among given answers (95% interval): all, normal, pneumonia")
    for point in reader.rules.thresholds:
        for rate in sorted(reader.rules.limits):
            verdicts = np.array([reader.decide(one, Choice(point, rate)).verdict for one in found])
            given = verdicts != "uncertain"
            groups = [given, given & (truth == "normal"), given & (truth == "pneumonia")]
            told = [_error(verdicts[group] != truth[group], rate) for group in groups]
            print(f"{point:9s} {rate:4.0%}  {1 - given.mean():9.1%}  {'   '.join(told)}")


def _error(wrong: np.ndarray, rate: float) -> str:
    figure = wilson(int(wrong.sum()), len(wrong))
    if figure.value is None or figure.low is None:
        return "none given"
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%}) {'ok' if figure.low <= rate else 'TOO MANY'}"


if __name__ == "__main__":
    main()
