"""Evaluations made up for tests: random scores of films that do not exist, kept as a model's would be."""

import numpy as np
import pandas as pd
from scipy.special import expit

from cxr_core.evaluation.evaluation import Evaluation, films_fingerprint
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores
from cxr_core.models.registry import Model


def synthetic_evaluation(
    model: Model, split: str = "test", films: int = 60, seed: int = 0, threshold: float | None = None
) -> Evaluation:
    """Films of patients with one to three films each; every second pneumonia is bacterial."""
    rng = np.random.default_rng(seed)
    labels = np.arange(films) % 3 > 0
    logits = rng.normal(size=films) * 1.5 + np.where(labels, 2.0, -2.0)
    names = np.where(labels, "PNEUMONIA", "NORMAL")
    patients = [f"p{label}{i // 4}" for i, label in enumerate(labels)]
    points = {name: point["threshold"] for name, point in model.card["operating_points"].items()}
    threshold = points[model.card["operating_point"]]
    table = pd.DataFrame({"file": [f"{split}/film{i}.jpeg" for i in range(films)], "label": names})
    table = table.assign(score=expit(logits), patient=patients, logit=logits)
    table["kind"] = np.where(labels, np.where(np.arange(films) % 2, "bacterial", "viral"), "normal")
    table["called"] = np.where(table["score"] >= threshold, "PNEUMONIA", "NORMAL")
    table = table.assign(sha256=[f"{i:064x}" for i in range(films)], width=200 + np.arange(films), height=200)
    table["format"] = "JPEG"
    table["contrast"] = rng.uniform(30, 70, films)
    scores = Scores(
        labels.astype(int), table["score"].to_numpy(), table["patient"].to_numpy(), table["file"].to_numpy()
    )
    about = {
        "model": {"name": model.name, "version": model.version},
        "data": {"name": "made", "fingerprint": "0" * 64, "films_fingerprint": films_fingerprint(table["sha256"])},
        "split": split,
        "when": "2026-01-01T00:00:00+00:00",
        "operating_points": points,
        "seen_in_training": {"known": True, "trained_on": 0, "validated_on": 0, "siblings": 0, "warning": None},
    }
    return Evaluation(about | evaluate(scores, threshold, draws=200).to_dict(), table)
