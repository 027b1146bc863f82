"""What a published experiment is worth on the films it held out."""

import json
from typing import Any

import numpy as np

from cxr_core.training.runs import Run


def measure_held_out(run: Run, model, batches, labels: np.ndarray) -> dict[str, Any]:
    """Write `test.json`: accuracy, loss (with its penalties, as Keras reports it), AUC, recall and precision.

    model: compiled, with the best epoch's weights. labels: `float32 (N,)`, 1 = pneumonia, in the batches' order.
    """
    figures = model.evaluate(batches, verbose=0, return_dict=True)
    called = model.predict(batches, verbose=0)[:, 0] > 0
    found = int(np.sum(called & (labels == 1)))
    result = {name: float(value) for name, value in figures.items()} | {
        "films": len(labels),
        "recall": found / max(1, int(labels.sum())),
        "precision": found / max(1, int(called.sum())),
    }
    (run.folder / "test.json").write_text(json.dumps(result, indent=1))
    return result
