"""How well a network's features tell bacterial from viral pneumonia, for the card: it is no answer of the model."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.inference.predictor import Predictor

KINDS = ("bacterial", "viral")
FILMS = 400  # of each kind to fit on, at most
LEAST = 10  # of each kind to measure on
SENTENCE = (
    "Bacterial and viral pneumonia are not told apart: a linear rule on this network's features reaches an AUROC of "
    "{auroc:.2f} on {films} validation films, too little for an answer."
)


def describe_kinds(reader: Predictor, index: Index, training: pd.DataFrame, validation: pd.DataFrame) -> dict[str, Any]:
    """The card's entry `kinds`, with its `sentence`; empty where the films of a kind are too few.

    training, validation: rows of the index. A logistic regression of the pooled features of training films is measured
    on validation films.
    """
    fitted_on = pd.concat([training[training["kind"] == kind].head(FILMS) for kind in KINDS])
    measured_on = validation[validation["kind"].isin(KINDS)]
    if min(min((part["kind"] == kind).sum() for kind in KINDS) for part in (fitted_on, measured_on)) < LEAST:
        return {}

    def features(films: pd.DataFrame) -> np.ndarray:
        return reader.features(np.array(cached_inputs(index.root, films, reader.preprocessing)))

    rule = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    rule.fit(features(fitted_on), fitted_on["kind"] == KINDS[0])
    scores = rule.predict_proba(features(measured_on))[:, 1]
    auroc = float(roc_auc_score(measured_on["kind"] == KINDS[0], scores))
    told = SENTENCE.format(auroc=auroc, films=len(measured_on))
    return {"kinds": {"auroc": auroc, "films": len(measured_on), "fitted_on": len(fitted_on), "sentence": told}}
