"""The films whose call differs from their label."""

import numpy as np
import pandas as pd

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.labels import NORMAL, PNEUMONIA


def misclassified_films(evaluation: Evaluation, threshold: float | None = None) -> pd.DataFrame:
    """The misclassified rows of `evaluation.films` at a threshold, the one farthest from the threshold first.

    threshold: that of the evaluation unless given.
    """
    threshold = evaluation.threshold if threshold is None else threshold
    films = evaluation.films.assign(called=np.where(evaluation.scores.called(threshold), PNEUMONIA, NORMAL))
    wrong = films[films["called"] != films["label"]]
    return wrong.loc[(wrong["score"] - threshold).abs().sort_values(ascending=False, kind="stable").index]
