"""What a model's card says of its answers, measured on validation patients: when unstable, and in frequencies."""

from typing import Any

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.inference.augmented_views import fit_stability
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.natural_frequencies import frequency_table
from cxr_core.metrics.scores import Scores


def describe_answers(reader: Predictor, index: Index, films: pd.DataFrame) -> dict[str, Any]:
    """The card's entries `stability` and `frequencies`, from rows of an index: the run's validation patients.

    Raises UnreadableFilm, WorkError as `cached_inputs` does.
    """
    inputs = np.array(cached_inputs(index.root, films, reader.preprocessing))
    answers, views = reader.answers_and_views(inputs)
    labels = (films["label"] == PNEUMONIA).to_numpy(int)
    scores = Scores(labels, answers, films["patient"].to_numpy())
    return {"stability": fit_stability(views, reader.rules.mirror), "frequencies": frequency_table(scores)}
