"""Validation by source: the figure that chooses the epoch is the mean of what each hospital's films give."""

from typing import Any

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

from cxr_core.labels import NORMAL, OTHER, PNEUMONIA
from cxr_core.training.runs import Run, StopRequested

VAL_AUC = "val_auc_"
VAL_OTHER = "val_other_auc_"


class ValidateBySource(keras.callbacks.Callback):  # type: ignore[misc]
    """At the end of an epoch adds to its figures: `val_loss`, `val_accuracy`, `val_auc` (each the mean over sources),
    and for each source SOURCE `val_auc_SOURCE`, with `val_other_auc_SOURCE`, pneumonia against neither class, where it
    has such films.

    It comes before whatever keeps or judges the epoch. network: the one that reads. batches: of the films to validate
    on, in order. labels: "NORMAL", "PNEUMONIA" or "OTHER" of each, sources: its source.
    """

    def __init__(self, run: Run, network: keras.Model, batches: Any, labels: np.ndarray, sources: np.ndarray) -> None:
        super().__init__()
        self._run, self._network, self._batches = run, network, batches
        self._labels, self._sources = labels, sources

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._run.report(validating=True)
        logits = np.concatenate([self._logits(self._batches[i][0]) for i in range(len(self._batches))])
        logs.update(figures_by_source(logits, self._labels, self._sources))

    def _logits(self, films: Any) -> np.ndarray:
        if self._run.stop_requested:
            raise StopRequested
        return np.asarray(self._network.predict_on_batch(films), np.float64)[:, 0]


def figures_by_source(logits: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> dict[str, float]:
    """The figures of `ValidateBySource`, from logits `float64 (N,)`. A source without both classes has no AUC."""
    found: dict[str, float] = {}
    parts = []
    for source in np.unique(sources):
        of_source = sources == source
        normal, sick = (of_source & (labels == label) for label in (NORMAL, PNEUMONIA))
        if not (normal.any() and sick.any()):
            continue
        asked = normal | sick
        auc = float(roc_auc_score(sick[asked], logits[asked]))
        wrong = [np.mean(np.logaddexp(0, logits[normal])), np.mean(np.logaddexp(0, -logits[sick]))]
        right = [np.mean(logits[normal] <= 0), np.mean(logits[sick] > 0)]
        parts.append((float(np.mean(wrong)), float(np.mean(right)), auc))
        found[f"{VAL_AUC}{source}"] = auc
        other = of_source & (labels == OTHER)
        if other.any():
            asked = other | sick
            found[f"{VAL_OTHER}{source}"] = float(roc_auc_score(sick[asked], logits[asked]))
    means = np.mean(parts, axis=0) if parts else np.full(3, np.nan)
    return dict(zip(("val_loss", "val_accuracy", "val_auc"), map(float, means), strict=True)) | found
