"""Synthetic evaluations for tests: random scores of films that do not exist."""

import numpy as np
import pandas as pd
from scipy.special import expit

from cxr_core.evaluation.evaluation import Evaluation, films_fingerprint, scores_of
from cxr_core.evaluation.record import EvaluationRecord
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.classification import evaluate
from cxr_core.models.registry import Model


def synthetic_evaluation(model: Model, split: str = "test", films: int = 60, seed: int = 0) -> Evaluation:
    """Films of patients with one to three films each; every second pneumonia is bacterial."""
    rng = np.random.default_rng(seed)
    pneumonia = np.arange(films) % 3 > 0
    logits = rng.normal(size=films) * 1.5 + np.where(pneumonia, 2.0, -2.0)
    points = {name: point.threshold for name, point in model.card.operating_points.items()}
    threshold = points[model.card.operating_point]
    table = pd.DataFrame(
        {
            "file": [f"{split}/film{i}.jpeg" for i in range(films)],
            "label": np.where(pneumonia, PNEUMONIA, NORMAL),
            "score": expit(logits),
            "patient": [f"p{label}{i // 4}" for i, label in enumerate(pneumonia)],
            "logit": logits,
            "kind": np.where(pneumonia, np.where(np.arange(films) % 2, "bacterial", "viral"), "normal"),
            "called": np.where(expit(logits) >= threshold, PNEUMONIA, NORMAL),
            "sha256": [f"{i:064x}" for i in range(films)],
            "width": 200 + np.arange(films),
            "height": 200,
            "format": "JPEG",
            "contrast": rng.uniform(30, 70, films),
        }
    )
    description = {
        "model": {"name": model.name, "version": model.version},
        "data": {"name": "synthetic", "fingerprint": "0" * 64, "films_fingerprint": films_fingerprint(table["sha256"])},
        "split": split,
        "when": "2026-01-01T00:00:00+00:00",
        "operating_points": points,
        "seen_in_training": {"known": True, "trained_on": 0, "validated_on": 0, "siblings": 0, "warning": None},
    }
    metrics = evaluate(scores_of(table), threshold, draws=200).to_dict()
    return Evaluation(EvaluationRecord.from_dict(description | metrics), table)
