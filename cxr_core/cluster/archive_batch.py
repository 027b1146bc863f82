"""What a process does with a batch of an archive's films: it reads them and returns their rows as a Parquet file."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.inference.decision import Choice
from cxr_core.inference.pipeline import predict_source
from cxr_core.inference.predictor import Predictor
from cxr_core.jobs.pool import Lost, Processes
from cxr_core.models import lite_network
from cxr_core.models.card import ModelCard
from cxr_core.models.registry import Model

TRIES = 2
"""After so many processes that ended with a batch, its films are read one by one in a process of their own."""

TEXTS = ("file", "sha256", "verdict", "reasons", "model", "version", "failure")
NUMBERS = ("probability", "threshold", "seconds", "prevalence", "probability_here")


@dataclass(frozen=True)
class Batch:
    """Films of an archive. number: of the batch. first: place of its first film in the list, from 0. tries: so far."""

    number: int
    first: int
    files: tuple[str, ...]
    tries: int = 0


@dataclass(frozen=True)
class Part:
    """A batch as read: a Parquet file's bytes, its films, and how many of them have no reading."""

    content: bytes
    films: int
    failures: int


class BatchReader:
    """Reads batches with one model, one film at a time."""

    def __init__(self, model: Model, prevalence: float | None) -> None:
        """prevalence: of pneumonia, by default the rule's own. Raises CXRError if the model cannot be used."""
        cv2.setNumThreads(1)
        lite_network.set_threads(1)
        self._arguments = (model, prevalence)
        self._predictor, self._choice = Predictor(model), Choice(prevalence=prevalence)

    def __call__(self, batch: Batch) -> Part:
        """The rows of a batch, in order. Raises CXRError if no film can be read at all."""
        rows = self._apart(batch) if batch.tries >= TRIES else [self.row(file) for file in batch.files]
        numbered = [{"number": batch.first + i} | row for i, row in enumerate(rows)]
        return Part(_parquet(numbered), len(rows), sum(row["failure"] is not None for row in rows))

    def row(self, file: str) -> dict[str, Any]:
        """The row of a film: TEXTS and NUMBERS, with the reason in `failure` where it cannot be read, else None."""
        found = predict_source(Path(file), read_film, self._predictor)
        if isinstance(found, UnreadableFilm):
            return _failure(file, str(found))
        reading = self._predictor.decide(found.prediction, self._choice).to_dict()
        reading |= {"reasons": " ".join(reading["reasons"]), "failure": None, "file": _shown(file)}
        return reading | {"model": reading["model"]["name"], "version": reading["model"]["version"]}

    def _apart(self, batch: Batch) -> list[dict[str, Any]]:
        waiting = list(reversed(batch.files))
        rows = []
        with Processes[str]("cxr_core.cluster.archive_batch.film_reader", self._arguments, 1) as processes:
            for file, row in processes.run(lambda: waiting.pop() if waiting else None):
                lost = isinstance(row, Lost)
                rows.append(_failure(file, f"{file}: reading it ended the process ({row.how}).") if lost else row)
        return rows


def batch_reader(folder: Path, prevalence: float | None) -> BatchReader:
    """The reader for a model's folder. Raises CXRError."""
    return BatchReader(Model(folder, ModelCard.read(folder / "card.json")), prevalence)


def film_reader(model: Model, prevalence: float | None) -> Any:
    """What reads single films: `BatchReader.row`."""
    return BatchReader(model, prevalence).row


def _failure(file: str, reason: str) -> dict[str, Any]:
    return dict.fromkeys((*TEXTS, *NUMBERS)) | {"file": _shown(file), "failure": _shown(reason)}


def _shown(text: str) -> str:
    """A text that Parquet can hold: bytes of a file name that are no text are escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [("number", pa.int64()), *((name, pa.string()) for name in TEXTS)]
    schema = pa.schema([*fields, *((name, pa.float64()) for name in NUMBERS)])
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema), stream)
    return stream.getvalue()
