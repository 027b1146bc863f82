"""Write into a model's card from what spread on its answers count as unstable, and its scores in frequencies.

    .venv/bin/python -m tools.describe_answers MODEL RUN ../shared/data/chest_xray

Measured on the validation patients of the run that the model was published from; a few seconds.
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
from cxr_core.publishing.answers import describe_answers
from cxr_core.training.runs import find_run


def main() -> int:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the model's name")
    parser.add_argument("run", help="the run it was published from")
    parser.add_argument("data", type=Path, help="the run's data set")
    asked = parser.parse_args()
    try:
        model = find_model(asked.model)
        index = build_index(asked.data)
        films = index.films[read_split(index.films, find_run(asked.run).folder / "split.csv") == "val"]
        said = describe_answers(Predictor(model), index, films)
    except CXRError as error:
        print(error, file=sys.stderr)
        return 1
    (model.folder / "card.json").write_text(json.dumps(model.card | said, indent=1, allow_nan=False) + "\n")
    print(json.dumps(said, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
