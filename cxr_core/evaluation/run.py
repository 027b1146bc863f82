"""A model on labelled films: scored, measured, kept, and the test ledger told."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.quality.pixel_statistics import look
from cxr_core.datasets.split import read_split
from cxr_core.errors import DataSetError, SettingsError, UnreadableFilm
from cxr_core.evaluation.label_review import uncontested
from cxr_core.evaluation.store import HELD_OUT, Evaluation, films_fingerprint, keep, marked_test, write
from cxr_core.evaluation.test_set_access import record_test, record_test_figures, told
from cxr_core.evaluation.train_test_overlap import seen_in_training
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import NORMAL, PNEUMONIA, SPLITS
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.scores import Scores, read_scores_csv
from cxr_core.models.registry import Model, sha256_of
from cxr_core.progress import Progress

HEADER = {"age": "PatientAge", "sex": "PatientSex", "view": "ViewPosition", "manufacturer": "Manufacturer"}
SYSTEM_THRESHOLD = 0.5


def assess(
    model: Model,
    data: Path,
    split: str,
    out: Path,
    progress: Progress | None = None,
    against: Model | Path | None = None,
) -> dict[str, Any]:
    """Evaluate a model on one split of a data set and write everything into `out`: `metrics.json`, `predictions.csv`,
    the figures as SVG and `report.html`. It is kept with the model as well.

    data: a data set, or another system's scores, see `assess_csv`; the model is then not asked.
    split: "train", "val" or "test" as the folder has them, "all", or a part of a split table, "FILE.csv:PART".
    against: a second model, or a CSV of another system's scores, on the same films: evaluated too, and compared; the
    films on which the two differ go to `differ.csv`.
    Returns the contents of `metrics.json`: the evaluation and, where there are any, the figures without contested
    films and the comparison. Raises CXRError.
    """
    from cxr_core.evaluation.compare import compare, in_words, names_of
    from cxr_core.reports.evaluation.build import write_report

    if isinstance(against, Model) and holds_scores(data):
        raise SettingsError(f"comparison: {data.name} holds scores; a second CSV of scores is accepted beside it.")
    evaluation = _evaluated(model, data, split, progress)
    also: dict[str, Any] = {}
    told: list[str] = []
    if rest := uncontested(evaluation):
        also["without_contested"] = evaluate(rest, evaluation.threshold).to_dict()
    out.mkdir(parents=True, exist_ok=True)
    if against:
        if isinstance(against, Path):
            other = assess_csv(against, against.stem, split)
        else:
            other = _evaluated(against, data, split, progress)
        found, names = compare(evaluation, other), names_of(evaluation, other)
        told = in_words(found, names)
        also["comparison"] = {"of": list(names), **found.to_dict(), "in_words": told}
        found.differ.to_csv(out / "differ.csv", index=False)
    write(replace(evaluation, metrics=evaluation.metrics | also), out / "metrics.json", out / "predictions.csv")
    write_report(evaluation, None if holds_scores(data) else model, out, [*told])
    return evaluation.metrics | also


def _evaluated(model: Model, data: Path, split: str, progress: Progress | None) -> Evaluation:
    if holds_scores(data):
        return assess_csv(data, data.stem, split)
    index = build_index(data, progress)
    choose_films(index, split)  # a bad split is refused before the model is loaded
    return assess_films(Predictor(model), index, split, progress)


def holds_scores(data: Path) -> bool:
    """Whether a file is a CSV of scores, by its first line."""
    try:
        with data.open(encoding="utf-8-sig", errors="replace") as file:
            columns = [name.strip().lower() for name in file.readline(2000).split(",")]
    except OSError:
        return False
    return data.suffix.lower() == ".csv" and "score" in columns


def assess_films(reader: Predictor, index: Index, split: str, progress: Progress | None = None) -> Evaluation:
    """Evaluate a loaded model on one split of an index; keeps it and, of a test split, records the opening."""
    model, films = reader.model, choose_films(index, split)
    table = score_films(reader, index, films, progress)
    evaluation = Evaluation(_about(reader, index, films, split) | _figures(table, reader.threshold), table)
    evaluation.metrics["seen_in_training"] = seen_in_training(model, index, films)
    if marked_test(split):
        record_test(evaluation, model.card["sha256"])
        evaluation.metrics["test_ledger"] = told(evaluation)
    elif split == "all" and (films["split"] == "test").any():
        # Who looks at all films has looked at the test films among them.
        tested = films_fingerprint(films.loc[films["split"] == "test", "sha256"])
        about = evaluation.metrics | {"data": evaluation.metrics["data"] | {"films_fingerprint": tested}}
        record_test_figures(about, model.card["sha256"])
    keep(evaluation, model, index.root)
    return evaluation


def assess_csv(file: Path, name: str, split: str, threshold: float = SYSTEM_THRESHOLD) -> Evaluation:
    """Evaluate another system's scores, a CSV with `file,label,score[,patient]`; keeps it under the name.

    split: what the user says these films are, "val", "test" or "all". Raises DataSetError.
    """
    scores = read_scores_csv(file)
    files = scores.files if scores.files is not None else np.arange(len(scores)).astype(str)
    labels = np.where(scores.labels == 1, PNEUMONIA, NORMAL)
    table = pd.DataFrame({"file": files, "label": labels, "score": scores.scores, "patient": scores.patients})
    table["called"] = np.where(scores.called(threshold), PNEUMONIA, NORMAL)
    digest = sha256_of(file)
    fingerprint = films_fingerprint(table["file"] + " " + table["label"])
    about = {
        "model": {"name": name, "version": digest[:12], "source": "csv"},
        "data": {"name": file.name, "fingerprint": fingerprint, "films_fingerprint": fingerprint},
        "split": split,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "operating_points": {},
    }
    evaluation = Evaluation(about | _figures(table, threshold), table)
    if marked_test(split):
        record_test(evaluation, digest)
        evaluation.metrics["test_ledger"] = told(evaluation)
    keep(evaluation)
    return evaluation


def choose_films(index: Index, split: str) -> pd.DataFrame:
    """The usable rows of the index in that split, see `assess`. Raises DataSetError if there is none."""
    films = index.readable
    table, colon, part = split.rpartition(":")
    if split in SPLITS:
        chosen = films[films["split"] == split]
    elif split == "all":
        chosen = films
    elif colon and table.endswith(".csv") and part in SPLITS:
        chosen = films[read_split(films, Path(table)) == part]
    else:
        raise DataSetError(
            f"split {split!r}: accepted are {', '.join(SPLITS)}, all, or a part of a table, FILE.csv:test."
        )
    if chosen.empty:
        has = ", ".join(sorted(set(films["split"]) - {""})) or "no splits"
        raise DataSetError(f"{index.root}: has no films in split {split!r}; it has {has}.")
    return chosen


def score_films(reader: Predictor, index: Index, films: pd.DataFrame, progress: Progress | None = None) -> pd.DataFrame:
    """One row a film, in the order of `films`: the columns of `Evaluation.films`."""
    logits = reader.logits(cached_inputs(index.root, films, reader.preprocessing, progress))
    scores = reader.probabilities(logits)
    names = {"path": "file", "label": "label", "patient": "patient", "kind": "kind", "sha256": "sha256"}
    table = films[[*names, "width", "height", "format"]].rename(columns=names).reset_index(drop=True)
    table.insert(2, "score", scores)
    table["logit"] = logits.astype(np.float64)
    table["called"] = np.where(scores >= reader.threshold, PNEUMONIA, NORMAL)
    table["contrast"] = look(replace(index, films=films)).table["spread"].to_numpy(np.float64).round(2)
    return table.join(_headers(index, table))


def measure(
    reader: Predictor,
    index: Index,
    films: pd.DataFrame,
    split: str,
    predictions: Path,
) -> dict[str, Any]:
    """Figures of a loaded model on some rows of an index, JSON-ready; writes one row a film into `predictions`.

    Nothing is kept and no ledger is told: for those who do that themselves.
    """
    table = score_films(reader, index, films)
    table.to_csv(predictions, index=False)
    return _about(reader, index, films, split) | _figures(table, reader.threshold)


def _about(reader: Predictor, index: Index, films: pd.DataFrame, split: str) -> dict[str, Any]:
    points = reader.model.card["operating_points"]
    return {
        "model": {"name": reader.model.name, "version": reader.model.version},
        "data": {
            "name": index.root.name,
            "fingerprint": index.fingerprint,
            "films_fingerprint": films_fingerprint(films["sha256"]),
        },
        "split": _named(split, reader.model),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "operating_points": {name: point["threshold"] for name, point in points.items()},
    }


def _named(split: str, model: Model) -> str:
    """A split without a path of this machine; the test part of the model's own table is its held-out patients."""
    table, colon, part = split.rpartition(":")
    if not colon:
        return split
    own = sha256_of(Path(table)) == model.card.get("training", {}).get("split_sha256")
    return HELD_OUT if own and part == "test" else f"{Path(table).name}:{part}"


def _figures(table: pd.DataFrame, threshold: float) -> dict[str, Any]:
    labels = (table["label"] == PNEUMONIA).to_numpy(np.int64)
    scores = Scores(labels, table["score"].to_numpy(), table["patient"].to_numpy(), table["file"].to_numpy())
    return evaluate(scores, threshold).to_dict()


def _headers(index: Index, table: pd.DataFrame) -> pd.DataFrame:
    """Age, sex, view and manufacturer of DICOM films; no column where no film has it."""
    found: dict[str, dict[int, str]] = {name: {} for name in HEADER}
    for row in np.flatnonzero(table["format"] == "DICOM"):
        try:
            header = read_film(index.root / table["file"].iloc[row]).source.header
        except UnreadableFilm:
            continue
        for name, keyword in HEADER.items():
            if keyword in header:
                found[name][int(row)] = header[keyword]
    columns = {name: pd.Series(values, dtype=str).reindex(table.index, fill_value="") for name, values in found.items()}
    return pd.DataFrame({name: column for name, column in columns.items() if (column != "").any()}, index=table.index)
