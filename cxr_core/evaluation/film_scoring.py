"""The films of a split, and a model's scores of them as a table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
from cxr_core.datasets.split import read_split
from cxr_core.errors import DataSetError, UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import NORMAL, PNEUMONIA, SPLITS
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
            f"split {split!r}: accepted are {', '.join(SPLITS)}, all, or a part of a table, FILE.csv:test."
        )
    if chosen.empty:
        available = ", ".join(sorted(set(films["split"]) - {""})) or "no splits"
        raise DataSetError(f"{index.root}: has no films in split {split!r}; it has {available}.")
    return chosen


def score_films(
    predictor: Predictor, index: Index, films: pd.DataFrame, progress: Progress | None = None
) -> pd.DataFrame:
    """One row per film, in the order of `films`: the columns of `Evaluation.films`.

    films: rows of the index. score: calibrated probability of pneumonia, `float64` in [0, 1]; logit: before
    calibration; contrast: standard deviation of the grey values of 0 to 255.
    """
    logits = predictor.logits(cached_inputs(index.root, films, predictor.preprocessing, progress))
    scores = predictor.probabilities(logits)
    names = {"path": "file", "label": "label", "patient": "patient", "kind": "kind", "sha256": "sha256"}
    table = films[[*names, "width", "height", "format"]].rename(columns=names).reset_index(drop=True)
    table.insert(2, "score", scores)
    table["logit"] = logits.astype(np.float64)
    table["called"] = np.where(scores >= predictor.threshold, PNEUMONIA, NORMAL)
    statistics = compute_pixel_statistics(replace(index, films=films))
    table["contrast"] = statistics.table["spread"].to_numpy(np.float64).round(2)
    return table.join(_dicom_columns(index, table))


def _dicom_columns(index: Index, table: pd.DataFrame) -> pd.DataFrame:
    """Age, sex, view and manufacturer of DICOM films; a column that is empty for all films is left out."""
    values: dict[str, dict[int, str]] = {name: {} for name in DICOM_COLUMNS}
    for row in np.flatnonzero(table["format"] == "DICOM"):
        try:
            header = read_film(index.root / table["file"].iloc[row]).source.header
        except UnreadableFilm:
            continue
        for name, keyword in DICOM_COLUMNS.items():
            if keyword in header:
                values[name][int(row)] = header[keyword]
    columns = {name: pd.Series(one, dtype=str).reindex(table.index, fill_value="") for name, one in values.items()}
    return pd.DataFrame({name: column for name, column in columns.items() if (column != "").any()}, index=table.index)
