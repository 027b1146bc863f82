"""Measures the stability of a model's answers and its scores as frequencies, and writes them into the model's card.

    .venv/bin/python -m tools.describe_answers MODEL RUN ../shared/data/chest_xray

The films are those of the validation patients of the run that the model was published from. Takes a few seconds.
"""

import argparse
import json
import sys
from pathlib import Path

from cxr_core.datasets.index import build_index
from cxr_core.datasets.split import read_split
from cxr_core.errors import CXRError
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from cxr_core.publishing.publish import describe_answers
from cxr_core.training.runs import find_run


def main() -> int:
    """Measures, writes and prints; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the model's name")
    parser.add_argument("run", help="the run it was published from")
    parser.add_argument("data", type=Path, help="the run's data set")
    options = parser.parse_args()
    try:
        model = find_model(options.model)
        index = build_index(options.data)
        films = index.films[read_split(index.films, find_run(options.run).folder / "split.csv") == "val"]
        description = describe_answers(Predictor(model), index, films)
    except CXRError as error:
        print(error, file=sys.stderr)
        return 1
    model.described(**description).write_card()
    print(json.dumps(description, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
