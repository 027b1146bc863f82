"""The films of a split, and a model's scores of them as a table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.split import read_split
from cxr_core.errors import DataSetError, UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.inference.pipeline import predict_sources
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import NORMAL, OTHER, PNEUMONIA, SPLITS
from cxr_core.progress import Progress

DICOM_COLUMNS = {"age": "PatientAge", "sex": "PatientSex", "view": "ViewPosition", "manufacturer": "Manufacturer"}


def choose_films(index: Index, split: str) -> pd.DataFrame:
    """The readable rows of the index in a split. Raises DataSetError if there is none.

    split: "train", "val" or "test" as in the folder, "all", or a part of a split table, "FILE.csv:PART".
    """
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
            thing=f"split {split!r}",
            accepted=f"accepted are {', '.join(SPLITS)}, all, or a part of a table, FILE.csv:test",
        )
    if chosen.empty:
        available = ", ".join(sorted(set(films["split"]) - {""})) or "no splits"
        raise DataSetError(f"has no films in split {split!r}", thing=index.root, accepted=f"it has {available}")
    if (chosen["label"] == OTHER).all():
        raise DataSetError(
            f"all its films in split {split!r} are of neither class", thing=index.root, accepted="both are needed"
        )
    return chosen


def score_films(
    predictor: Predictor, index: Index, films: pd.DataFrame, progress: Progress | None = None
) -> pd.DataFrame:
    """One row per film, in the order of `films`: the columns of `Evaluation.films`.

    films: rows of the index. They are read as on the Diagnose page, each decoded once; a film that the gate refuses is
    scored as well. score: calibrated probability of pneumonia, `float64` in [0, 1]; logit: before calibration; verdict:
    what a user sees, by the defaults of the card; contrast: standard deviation of the grey values of 0 to 255.
    Raises UnreadableFilm for a film that cannot be decoded.
    """
    paths = [index.root / path for path in films["path"]]
    columns: dict[str, list[Any]] = {name: [] for name in ("logit", "verdict", "contrast")}
    headers: list[dict[str, str]] = []
    for done, found in enumerate(predict_sources(paths, read_film, predictor, score_refused=True), start=1):
        if isinstance(found, UnreadableFilm):
            raise found
        columns["logit"].append(found.prediction.logit)
        columns["verdict"].append(predictor.decide(found.prediction).verdict)
        columns["contrast"].append(round(float(found.film.pixels.std()), 2))
        headers.append(dict(found.film.source.header) if found.film.source.format == "DICOM" else {})
        if progress:
            progress(done, len(paths))
    names = {"path": "file", "label": "label", "patient": "patient", "kind": "kind", "sha256": "sha256"}
    table = films[[*names, "width", "height", "format"]].rename(columns=names).reset_index(drop=True)
    logits = np.array(columns["logit"], np.float64)
    scores = predictor.probabilities(logits)
    table.insert(2, "score", scores)
    table["logit"] = logits
    table["called"] = np.where(scores >= predictor.threshold, PNEUMONIA, NORMAL)
    table["verdict"], table["contrast"] = columns["verdict"], columns["contrast"]
    given = {name: films[name].to_numpy(str) for name in ("source", "age", "sex", "view")}
    for name in dict.fromkeys([*given, *DICOM_COLUMNS]):
        values = np.array([header.get(DICOM_COLUMNS.get(name, ""), "") for header in headers], dtype=object)
        if name in given:  # what a table says comes before the header
            values = np.where(given[name] == "", values, given[name])
        if any(values):
            table[name] = values
    return table
