"""The films that were called wrongly."""

import numpy as np
import pandas as pd

from cxr_core.evaluation.store import Evaluation
from cxr_core.labels import NORMAL, PNEUMONIA


def wrong_films(evaluation: Evaluation, threshold: float | None = None) -> pd.DataFrame:
    """The rows called wrongly at a threshold (the one in use by default), the most confident first."""
    threshold = evaluation.threshold if threshold is None else threshold
    films = evaluation.films.assign(called=np.where(evaluation.scores.called(threshold), PNEUMONIA, NORMAL))
    wrong = films[films["called"] != films["label"]]
    return wrong.loc[(wrong["score"] - threshold).abs().sort_values(ascending=False, kind="stable").index]
