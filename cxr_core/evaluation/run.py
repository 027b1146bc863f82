"""Run an evaluation: score the films, compute the estimates, record test-set access, store the result."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DamagedRecord, DataSetError, SettingsError
from cxr_core.evaluation.answers import answer_estimates
from cxr_core.evaluation.compare import compare, comparison_text, system_names
from cxr_core.evaluation.evaluation import HELD_OUT, Evaluation, films_fingerprint, is_test_split, scores_of
from cxr_core.evaluation.film_scoring import choose_films, score_films
from cxr_core.evaluation.label_review import uncontested
from cxr_core.evaluation.record import EvaluationRecord
from cxr_core.evaluation.score_table import is_score_table, read_scores_csv
from cxr_core.evaluation.sources import by_source, of_both_classes
from cxr_core.evaluation.store import store_evaluation, write_evaluation
from cxr_core.evaluation.test_log import count_accesses, record_test_evaluation, record_test_metrics
from cxr_core.evaluation.train_test_overlap import training_overlap
from cxr_core.files import sha256_of
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.classification import evaluate
from cxr_core.models.registry import Model
from cxr_core.progress import Progress
from cxr_core.tables import table_to_csv, without_pseudonyms

_logger = logging.getLogger(__name__)

DEFAULT_THRESHOLD = 0.5
"""The threshold of another system's scores."""


def run_evaluation(
    model: Model,
    data: Path,
    split: str,
    out: Path,
    progress: Progress | None = None,
    against: Model | Path | None = None,
) -> Evaluation:
    """Evaluate a model on one split of a data set, store the result, and write `metrics.json` and `predictions.csv`.

    data: a data set, or another system's scores, see `evaluate_csv`; the model is then not used.
    split: "train", "val" or "test" as in the folder, "all", or a part of a split table, "FILE.csv:PART".
    out: the folder to write to; created if needed.
    against: a second model, or a CSV of another system's scores, on the same films. It is evaluated and compared, and
    the films that the two call differently are written to `differ.csv`.
    Returns the evaluation with what was written to `metrics.json`: also the estimates without contested films and the
    comparison, where there are any. Raises CXRError.
    """
    if isinstance(against, Model) and is_score_table(data):
        raise SettingsError(
            f"{data.name} holds scores", thing="comparison", accepted="only a second CSV of scores can be compared"
        )
    evaluation = _evaluate(model, data, split, progress)
    additions: dict[str, Any] = {}
    try:
        if rest := uncontested(evaluation):
            additions["without_contested"] = evaluate(rest, evaluation.threshold).to_dict()
    except DamagedRecord as error:
        additions["passed_over"] = [str(error)]
    out.mkdir(parents=True, exist_ok=True)
    if against:
        if isinstance(against, Path):
            other = evaluate_csv(against, against.stem, split)
        else:
            other = _evaluate(against, data, split, progress)
        comparison, names = compare(evaluation, other), system_names(evaluation, other)
        sentences = comparison_text(comparison, names)
        additions["comparison"] = {"of": list(names), **comparison.to_dict(), "in_words": sentences}
        (out / "differ.csv").write_text(table_to_csv(without_pseudonyms(comparison.differ)), encoding="utf-8")
    evaluation = replace(evaluation.with_sections(**additions), films=without_pseudonyms(evaluation.films))
    return write_evaluation(evaluation, out / "metrics.json", out / "predictions.csv")


def evaluate_films(predictor: Predictor, index: Index, split: str, progress: Progress | None = None) -> Evaluation:
    """Evaluate a loaded model on one split of an index, see `choose_films`; store the result and record test access."""
    model, films = predictor.model, choose_films(index, split)
    scored = score_films(predictor, index, films, progress)
    (films, _), (table, _) = of_both_classes(films), of_both_classes(scored)
    metrics = _metrics(table, predictor.threshold) | by_source(scored, predictor.threshold)
    description = _description(predictor, index, films, split) | metrics
    description |= {"seen_in_training": training_overlap(model, index, films).to_dict()}
    evaluation = Evaluation(EvaluationRecord.from_dict(description), table)
    if is_test_split(split):
        evaluation = _record_test(evaluation, model.card.sha256)
    elif split == "all" and (films["split"] == "test").any():
        # All films include the test films, so the access to these is recorded.
        tested = films_fingerprint(films.loc[films["split"] == "test", "sha256"])
        record_test_metrics(evaluation.record, model.card.sha256, tested)
    store_evaluation(evaluation, model, index.root)
    return evaluation


def evaluate_csv(file: Path, name: str, split: str, threshold: float = DEFAULT_THRESHOLD) -> Evaluation:
    """Evaluate another system's scores, a CSV with `file,label,score[,patient]`; store the result under the name.

    split: what the user states these films are, "val", "test" or "all". Raises DataSetError.
    """
    scores = read_scores_csv(file)
    files = scores.files if scores.files is not None else np.arange(len(scores)).astype(str)
    labels = np.where(scores.labels == 1, PNEUMONIA, NORMAL)
    table = pd.DataFrame({"file": files, "label": labels, "score": scores.scores, "patient": scores.patients})
    table["called"] = np.where(scores.called(threshold), PNEUMONIA, NORMAL)
    sha256 = sha256_of(file)
    fingerprint = films_fingerprint(table["file"] + " " + table["label"])
    description = {
        "model": {"name": name, "version": sha256[:12], "source": "csv"},
        "data": {"name": file.name, "fingerprint": fingerprint, "films_fingerprint": fingerprint},
        "split": split,
        "when": _now(),
        "operating_points": {},
    }
    evaluation = Evaluation(EvaluationRecord.from_dict(description | _metrics(table, threshold)), table)
    if is_test_split(split):
        evaluation = _record_test(evaluation, sha256)
    store_evaluation(evaluation)
    _logger.info("scores of %d films evaluated", len(table))
    return evaluation


def evaluate_table(model: Model, table: pd.DataFrame, data: str) -> Evaluation:
    """Evaluate a model's scores of films that it has read elsewhere, as `evaluate_films`; store the result.

    table: columns of `Evaluation.films`, among them sha256. data: name of the films. Raises DataSetError unless there
    are films of both classes.
    """
    if set(table["label"]) != {NORMAL, PNEUMONIA}:
        raise DataSetError("has no films of both classes, normal and pneumonia", thing=data)
    points, fingerprint = model.card.operating_points, films_fingerprint(table["sha256"])
    description = {
        "model": {"name": model.name, "version": model.version},
        "data": {"name": data, "fingerprint": fingerprint, "films_fingerprint": fingerprint},
        "split": "all",
        "when": _now(),
        "operating_points": {name: point.threshold for name, point in points.items()},
    }
    threshold = points[model.card.operating_point].threshold
    evaluation = Evaluation(EvaluationRecord.from_dict(description | _metrics(table, threshold)), table)
    store_evaluation(evaluation, model)
    return evaluation


def measure(predictor: Predictor, index: Index, films: pd.DataFrame, split: str, predictions: Path) -> EvaluationRecord:
    """The contents of `metrics.json` for some rows of an index; writes one row per film to `predictions`.

    Nothing is stored and no test access is recorded: the caller does both.
    """
    scored = score_films(predictor, index, films)
    (films, _), (table, _) = of_both_classes(films), of_both_classes(scored)
    predictions.write_text(table_to_csv(without_pseudonyms(table)), encoding="utf-8")
    metrics = _metrics(table, predictor.threshold) | by_source(scored, predictor.threshold)
    return EvaluationRecord.from_dict(_description(predictor, index, films, split) | metrics)


def _evaluate(model: Model, data: Path, split: str, progress: Progress | None) -> Evaluation:
    if is_score_table(data):
        return evaluate_csv(data, data.stem, split)
    index = curated(build_index(data, progress))
    choose_films(index, split)  # raises for an invalid split before the model is loaded
    return evaluate_films(Predictor(model), index, split, progress)


def _record_test(evaluation: Evaluation, sha256: str) -> Evaluation:
    """Record the access; the evaluation then says how often its films were accessed."""
    record_test_evaluation(evaluation, sha256)
    try:
        return evaluation.with_sections(test_ledger=count_accesses(evaluation).to_dict())
    except DamagedRecord as error:  # the access is recorded; only the others cannot be counted
        return evaluation.with_sections(test_ledger={"sentence": str(error)})


def _description(predictor: Predictor, index: Index, films: pd.DataFrame, split: str) -> dict[str, Any]:
    points = predictor.model.card.operating_points
    return {
        "model": {"name": predictor.model.name, "version": predictor.model.version},
        "data": {
            "name": index.root.name,
            "fingerprint": index.fingerprint,
            "films_fingerprint": films_fingerprint(films["sha256"]),
        }
        | ({"decisions": index.decisions} if index.decisions else {}),
        "split": _split_name(split, predictor.model),
        "when": _now(),
        "operating_points": {name: point.threshold for name, point in points.items()},
    }


def _split_name(split: str, model: Model) -> str:
    """A split without its folder on this machine; the test part of the model's own table is its held-out patients."""
    table, colon, part = split.rpartition(":")
    if not colon:
        return split
    own = sha256_of(Path(table)) == model.card.training.split_sha256
    return HELD_OUT if own and part == "test" else f"{Path(table).name}:{part}"


def _metrics(table: pd.DataFrame, threshold: float) -> dict[str, Any]:
    answers = {"answers": answer_estimates(table).to_dict()} if "verdict" in table else {}
    return evaluate(scores_of(table), threshold).to_dict() | answers


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
