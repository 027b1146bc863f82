"""Overlap of evaluated films with a model's training: the same films, also in another size or encoding, or other films
of the same patients.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.fingerprints import content_number, fingerprints_of, same_films
from cxr_core.datasets.quality.leakage import patient_leakage
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
from cxr_core.errors import DamagedRecord
from cxr_core.evaluation.overlap import Overlap
from cxr_core.files import sha256_of
from cxr_core.models.registry import Model
from cxr_core.models.training_fingerprints import read_fingerprints
from cxr_core.records import read_table
from cxr_core.training.runs import Run, list_runs


def training_overlap(model: Model, index: Index, films: pd.DataFrame) -> Overlap:
    """The overlap of `films`, rows of the index, with the model's training.

    Raises WorkError if the cache of pixel statistics cannot be written.
    """
    table = split_table(model)
    same_data = model.card.training.fingerprint == index.fingerprint
    if table is None:
        warning = None
        if same_data:
            warning = (
                "This model was trained on films of this data set, and its split table is not on this machine: if "
                "films here were trained on, the estimates are optimistic."
            )
        return Overlap(False, "", 0, 0, 0, 0, 0, warning)
    content, compared_by, damage = _found_in(table, model, index, films)
    part = content.map(dict(zip(table["sha256"], table["split"], strict=True))).fillna("")
    trained, validated = int((part == "train").sum()), int((part == "val").sum())
    same_patient = 0
    if same_data and "patient" in table:  # the names of patients can be compared within a data set only
        known = set(table.loc[table["split"] == "train", "patient"])
        same_patient = int((films["patient"].isin(known) & (part != "train")).sum())
    return Overlap(
        known=True,
        compared_by=compared_by,
        in_split_table=int((part != "").sum()),
        trained_on=trained,
        validated_on=validated,
        copies=int(((part != "") & (content != films["sha256"])).sum()),
        same_patient=same_patient,
        warning=" ".join(filter(None, (_warning(len(films), trained, validated, same_patient), damage))) or None,
    )


def _found_in(table: pd.DataFrame, model: Model, index: Index, films: pd.DataFrame) -> tuple[pd.Series, str, str]:
    """The sha256 in the split table of each film, else its own; what was compared; a sentence on what is damaged."""
    content = films["sha256"].copy()
    unknown = films[~content.isin(table["sha256"]) & (films["fault"] == "")]
    known, damage = None, ""
    try:
        known = read_fingerprints(model.folder)
    except DamagedRecord as error:
        damage = str(error)
    if known is None:
        return content, "content", damage
    statistics = compute_pixel_statistics(replace(index, films=unknown))
    found = same_films(fingerprints_of(statistics.thumbnails), known.fingerprints)
    found[~statistics.decoded] = -1
    sha256_of_content = {content_number(sha256): sha256 for sha256 in table["sha256"]}
    same = [sha256_of_content.get(int(known.contents[place])) if place >= 0 else None for place in found]
    content.loc[unknown.index] = content.loc[unknown.index].where(pd.isna(same), pd.Series(same, unknown.index))
    return content, "content and fingerprint", ""


def leaked_share(model: Model) -> float | None:
    """The share of the model's own test films with a same-patient film in its training, 0 to 1.

    None if the model's split table is not on this machine, or has no patients or test films.
    """
    table = split_table(model)
    if table is None or "patient" not in table or not (table["split"] == "test").any():
        return None
    return patient_leakage(table["patient"], table["split"])


def split_table(model: Model) -> pd.DataFrame | None:
    """The films of the model's training, validation and test split, or None if the table is not on this machine."""
    return next((table for _, table in _split_tables(model)), None)


def held_out_split(model: Model) -> str | None:
    """The split of the model's own held-out patients, "FILE.csv:test", if its table is on this machine."""
    return next((f"{file}:test" for file, table in _split_tables(model) if (table["split"] == "test").any()), None)


def _split_tables(model: Model) -> Iterator[tuple[Path, pd.DataFrame]]:
    """The tables that can be read; a damaged one is passed over."""
    for file in _split_files(model):
        with suppress(DamagedRecord):
            yield file, read_table(file, ("path", "sha256", "split"), "a split table")


def _split_files(model: Model) -> list[Path]:
    files = [model.folder / "split.csv", *(run.folder / "split.csv" for run in runs_of(model))]
    return [file for file in files if file.is_file()]


def runs_of(model: Model) -> list[Run]:
    """The runs on this machine with the model's split and settings; its own run is among them."""
    training = model.card.training
    return [
        run
        for run in list_runs()
        if (file := run.folder / "split.csv").is_file()
        and sha256_of(file) == training.split_sha256
        and run.config().settings == training.settings
    ]


def _warning(films: int, trained: int, validated: int, same_patient: int) -> str | None:
    parts = []
    if trained:
        parts.append(f"{trained:,} of these {films:,} films were trained on")
    if same_patient:
        parts.append(f"{same_patient:,} show a patient that was trained on")
    if validated:
        parts.append(f"{validated:,} were used to choose the epoch, calibration and thresholds")
    return f"{', '.join(parts).capitalize()}: the estimates are optimistic." if parts else None
