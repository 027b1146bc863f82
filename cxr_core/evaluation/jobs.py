"""Evaluations as jobs."""

from pathlib import Path
from typing import Any

from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index, build_index
from cxr_core.evaluation.evaluation import split_label
from cxr_core.evaluation.film_scoring import choose_films
from cxr_core.evaluation.run import evaluate_films
from cxr_core.inference.predictor import Predictor
from cxr_core.jobs.job import Job
from cxr_core.jobs.start import start_job
from cxr_core.jobs.work import Reporter
from cxr_core.models.registry import Model, find_model


def start_evaluation(model: Model, index: Index, split: str) -> Job:
    """Evaluate a model on one split of a data set, as a job. Raises SettingsError for a split without films."""
    choose_films(index, split)
    title = f"Evaluate {model.name} on {index.root.name}, {split_label(split.rpartition('/')[2])}"
    return start_job("evaluation", title, f"{__name__}.evaluate_model", (model.name, index.source, split))


def evaluate_model(name: str, data: Path, split: str, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_evaluation` does. Raises what `evaluate_films` raises."""
    index = curated(build_index(data, reporter.count("Indexing the films")))
    predictor = Predictor(find_model(name))
    evaluation = evaluate_films(predictor, index, split, reporter.count("Reading the films"))
    return {"message": f"Evaluated: {evaluation.title}.", "evaluation": evaluation.id}
