"""The metrics of a published experiment on its test films."""

import json

import numpy as np
import pytest

from cxr_core.training.test_metrics import write_test_metrics
from tests.support.runs import new_run


class Model:
    """Stands in for a compiled Keras model; the batches are its logits."""

    def evaluate(self, batches: np.ndarray, **_: object) -> dict[str, float]:
        return {"loss": 0.5, "accuracy": 0.6, "auc": 0.7}

    def predict(self, batches: np.ndarray, **_: object) -> np.ndarray:
        return batches[:, None]


@pytest.mark.parametrize(
    ("logits", "recall", "precision"), [([3, 2, -1, 1, -2], 2 / 3, 2 / 3), ([-1, -1, -1, -1, -1], 0, 0)]
)
def test_recall_and_precision_are_those_of_the_logits(logits: list[float], recall: float, precision: float) -> None:
    run = new_run()
    labels = np.array([1, 1, 1, 0, 0], np.float32)
    metrics = write_test_metrics(run, Model(), np.array(logits, np.float32), labels)
    assert metrics == pytest.approx(
        {"loss": 0.5, "accuracy": 0.6, "auc": 0.7, "films": 5, "recall": recall, "precision": precision}
    )
    assert run.test_metrics() == json.loads((run.folder / "test.json").read_text()) == metrics
