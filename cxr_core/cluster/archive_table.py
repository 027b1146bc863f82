"""The folder that an archive's readings are written to, and what makes it resumable to the batch.

OUT/films-NUMBER-KEY.parquet   the readings of one batch, written once; KEY is of its films and of how they are read
    _films.jsonl               the films, one path a line, as they were found when the folder was begun
    _archive.json              what is read, with which model, in batches of how many films

pandas reads the folder as one table, DuckDB the files: `OUT/*.parquet`.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

from cxr_core.cluster.archive_batch import Batch
from cxr_core.errors import InputError, SettingsError, UnusableFile, work_error
from cxr_core.files import replace_atomically
from cxr_core.inference.batch import looks_like_a_film
from cxr_core.limits import DAMAGED, check_regular, walk_files
from cxr_core.records import Fields, Record

BATCH = 256
"""Films of a batch, at most: ten seconds or so on one core."""
PARTS = 16
"""Batches of an archive, at least, so that several processes have work."""
ACCEPTED = "a folder with films, or a CSV with a column path, is accepted"


@dataclass(frozen=True)
class Plan(Record):
    """What is read, and how. batch: films of a batch. films: of the archive. prevalence: stated, or None."""

    what: ClassVar[str] = "the plan of an archive's table"
    source: str
    model: str
    version: str
    prevalence: float | None
    films: int
    batch: int

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The plan of a JSON object. Raises ValueError."""
        fields = Fields(values)
        return cls(
            content=values,
            source=fields.text("source"),
            model=fields.text("model"),
            version=fields.text("version"),
            prevalence=fields.optional_number("prevalence"),
            films=fields.whole("films"),
            batch=fields.whole("batch"),
        )


class ArchiveTable:
    """The folder of one archive's readings."""

    def __init__(self, folder: Path, source: Path, model: str, version: str, prevalence: float | None) -> None:
        """Begins the folder, or opens one that was begun.

        Raises InputError if `source` holds no films, SettingsError if the folder is of something else, WorkError if it
        cannot be written.
        """
        self.folder, self._list, plan_file = folder, folder / "_films.jsonl", folder / "_archive.json"
        given = {"source": str(source.expanduser().resolve()), "model": model, "version": version}
        given_all: dict[str, Any] = given | {"prevalence": prevalence}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not plan_file.exists():
                if any(folder.glob("*.parquet")):
                    raise SettingsError(
                        "holds other tables", thing=folder, accepted="a new or empty folder is accepted"
                    )
                count = self._write_list(source)
                batch = max(1, min(BATCH, -(-count // PARTS)))
                Plan.from_dict(given_all | {"films": count, "batch": batch}).write(plan_file)
        except OSError as error:
            raise work_error(folder, "cannot be written", error) from error
        self.plan = Plan.read(plan_file)
        for name, value in given_all.items():
            before = getattr(self.plan, name)
            if before != value:
                raise SettingsError(
                    f"was begun with {name} {before}, not {value}",
                    thing=folder,
                    accepted="the same, or a new folder, is accepted",
                )
        for left in folder.glob(".films-*.part"):
            left.unlink(missing_ok=True)

    def done(self) -> int:
        """How many films are in the table."""
        return sum(len(batch.files) for batch in self._batches() if self._file(batch).exists())

    def open_batches(self) -> Iterator[Batch]:
        """The batches that are not in the table, in order."""
        return (batch for batch in self._batches() if not self._file(batch).exists())

    def add(self, batch: Batch, content: bytes) -> None:
        """Store a batch's readings. Raises WorkError."""
        try:
            with replace_atomically(self._file(batch)) as part:
                part.write_bytes(content)
        except OSError as error:
            raise work_error(self.folder, "cannot be written", error, "make room; the same command goes on") from error

    def _batches(self) -> Iterator[Batch]:
        with self._list.open(encoding="utf-8") as lines:
            number = 0
            while films := tuple(json.loads(line) for line in islice(lines, self.plan.batch)):
                yield Batch(number, number * self.plan.batch, films)
                number += 1

    def _file(self, batch: Batch) -> Path:
        identity = json.dumps([self.plan.version, self.plan.prevalence, batch.files]).encode()
        return self.folder / f"films-{batch.number:06d}-{hashlib.sha256(identity).hexdigest()[:12]}.parquet"

    def _write_list(self, source: Path) -> int:
        count = 0
        with replace_atomically(self._list) as part, part.open("w", encoding="utf-8") as lines:
            for film in find_archive_films(source):
                lines.write(json.dumps(film) + "\n")
                count += 1
        return count


def find_archive_films(source: Path) -> Iterator[str]:
    """The paths of an archive's films: those in a folder and its subfolders, or those that a CSV lists, each once.

    A path of a CSV is relative to its folder. Raises InputError if there is none.
    """
    source = source.expanduser()
    if source.is_dir():
        films: Iterator[str] = (str(file) for file in walk_files(source.resolve()) if looks_like_a_film(file))
    elif source.suffix.lower() == ".csv":
        films = _listed(source)
    else:
        raise InputError("is no folder" if source.exists() else "does not exist", thing=source, accepted=ACCEPTED)
    first = next(films, None)
    if first is None:
        raise InputError("holds no films", thing=source, accepted=ACCEPTED)
    yield first
    yield from films


def _listed(table: Path) -> Iterator[str]:
    folder, known = table.resolve().parent, set[bytes]()
    try:
        check_regular(table)
        with table.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = [name.strip().lower() for name in next(rows, [])]
            if "path" not in header:
                raise InputError("has no column path", thing=table, accepted=ACCEPTED)
            column = header.index("path")
            for row in rows:
                if len(row) <= column or not (path := row[column].strip()):
                    continue
                film = str(folder / path)
                key = hashlib.blake2b(film.encode("utf-8", "surrogateescape"), digest_size=8).digest()
                if key not in known:
                    known.add(key)
                    yield film
    except InputError as error:
        if isinstance(error, UnusableFile):
            raise InputError(error.problem, thing=str(table), accepted=ACCEPTED) from error
        raise
    except DAMAGED as error:
        raise InputError("is not a readable table", thing=str(table), accepted=ACCEPTED) from error
