"""The metrics of a published experiment's network on its test films."""

import json
from typing import Any

import numpy as np

from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores
from cxr_core.training.runs import Run

FEWEST_DRAWS = 2  # the confidence intervals are not used


def write_test_metrics(run: Run, model: Any, batches: Any, labels: np.ndarray) -> dict[str, Any]:
    """Write `test.json`: accuracy, loss (with the penalties, as Keras reports it), AUC, recall and precision.

    model: a compiled `keras.Model` with the best epoch's weights. batches: `FilmBatches` of the test films, in order.
    labels: `float32 (N,)` of the same films, 1 = pneumonia. Recall and precision are at a probability of 0.5.
    """
    metrics = model.evaluate(batches, verbose=0, return_dict=True)
    logits = model.predict(batches, verbose=0)[:, 0].astype(np.float64)
    scores = Scores(labels, 1 / (1 + np.exp(-logits)), np.arange(len(labels)))
    estimates = evaluate(scores, 0.5, FEWEST_DRAWS).estimates
    result = {name: float(value) for name, value in metrics.items()} | {
        "films": len(labels),
        "recall": estimates["sensitivity"].value or 0.0,
        "precision": estimates["ppv"].value or 0.0,
    }
    (run.folder / "test.json").write_text(json.dumps(result, indent=1))
    return result
