"""The log of clinicians' own readings, with the model's for comparison: a SQLite file under the home folder.

It holds both readings, the truth where the reader has entered it, and the sha256 of the file; no image and no name.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from cxr_core.errors import DamagedRecord, SettingsError, WorkError, not_one_of
from cxr_core.languages import message
from cxr_core.paths import home

Own = Literal["pneumonia", "normal", "unsure"]
Truth = Literal["pneumonia", "normal"]
MAX_NOTE = 500  # characters
_TABLE = """
create table if not exists own_readings (
    id integer primary key,
    at text not null,
    sha256 text not null,
    own text not null,
    verdict text not null,
    probability real,
    model text not null,
    version text not null,
    blind integer not null,
    note text not null,
    reader text not null default '',
    seconds real,
    prevalence real,
    probability_here real
)"""
_TRUTHS = """
create table if not exists truths (
    sha256 text not null,
    reader text not null,
    truth text not null,
    at text not null,
    primary key (sha256, reader)
)"""
_ADDED = {  # older tables have none
    "reader": "text not null default ''",
    "seconds": "real",
    "prevalence": "real",
    "probability_here": "real",
}


@dataclass(frozen=True)
class OwnReading:
    """A clinician's reading of a film, and the model's.

    sha256: of the file. own: the clinician's reading. verdict, probability, model, version: of the model's reading.
    blind: whether the clinician answered before the model's reading was shown. note: free text, at most MAX_NOTE
    characters. at: time of the clinician's reading, UTC, ISO 8601; "" stands for now. seconds: that the film was on
    screen before the clinician's first reading of it; None for a later one. probability_here: the model's, at
    `prevalence`. Readings of earlier versions have none of these three.
    """

    sha256: str
    own: Own
    verdict: str
    probability: float | None
    model: str
    version: str
    blind: bool
    note: str = ""
    at: str = ""
    seconds: float | None = None
    prevalence: float | None = None
    probability_here: float | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether both readings are the same; None if either is neither pneumonia nor normal."""
        if self.own == "unsure" or self.verdict not in ("pneumonia", "normal"):
            return None
        return self.own == self.verdict


class ReadingLog:
    """One reader's part of the table in `home()/readings.sqlite`, created with the first reading.

    reader: an account's id, "" for the user of this machine.
    """

    def __init__(self, file: Path | None = None, reader: str = "") -> None:
        self.file, self.reader = file or home() / "readings.sqlite", reader

    def add(self, reading: OwnReading) -> None:
        """Store a reading. Raises SettingsError for an invalid answer or note, WorkError if it cannot be stored."""
        if reading.own not in get_args(Own):
            raise not_one_of("own reading", reading.own, get_args(Own))
        if len(reading.note) > MAX_NOTE:
            raise SettingsError(
                thing=f"note of {len(reading.note)} characters", accepted=f"at most {MAX_NOTE} are accepted"
            )
        row = asdict(reading) | {"at": reading.at or datetime.now(UTC).isoformat(timespec="seconds")}
        row["reader"] = self.reader
        with self._open() as table:
            marks = ", ".join(f":{name}" for name in row)
            table.execute(f"insert into own_readings ({', '.join(row)}) values ({marks})", row)

    def all(self) -> list[OwnReading]:
        """All readings of this reader, oldest first. Raises WorkError if the table cannot be read."""
        if not self.file.exists():
            return []
        names = [field.name for field in fields(OwnReading)]
        select = f"select {', '.join(names)} from own_readings where reader = ? order by at, id"
        with self._open() as table:
            rows = table.execute(select, [self.reader]).fetchall()
        records = (dict(zip(names, row, strict=True)) for row in rows)
        return [OwnReading(**record | {"blind": bool(record["blind"])}) for record in records]

    def latest(self) -> dict[tuple[str, str], OwnReading]:
        """The latest reading for each film and model version, by sha256 and version."""
        return {(reading.sha256, reading.version): reading for reading in self.all()}

    def set_truths(self, truths: Mapping[str, Truth | None]) -> None:
        """Store what this reader has found out of films, by sha256; None takes it back. Raises WorkError."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        known = [(sha256, self.reader, truth, at) for sha256, truth in truths.items() if truth]
        unknown = [(sha256, self.reader) for sha256, truth in truths.items() if not truth]
        with self._open() as table:
            table.executemany("insert or replace into truths values (?, ?, ?, ?)", known)
            table.executemany("delete from truths where sha256 = ? and reader = ?", unknown)

    def truths(self) -> dict[str, Truth]:
        """What this reader has entered as the truth, by sha256. Raises WorkError if it cannot be read."""
        if not self.file.exists():
            return {}
        with self._open() as table:
            return dict(table.execute("select sha256, truth from truths where reader = ?", [self.reader]).fetchall())

    def clear(self) -> None:
        """Delete all readings and truths of this reader. Raises WorkError if that is not possible."""
        if not self.file.exists():
            return
        try:
            with self._open() as table:  # the file stays: another process may be writing to it
                table.execute("delete from own_readings where reader = ?", [self.reader])
                table.execute("delete from truths where reader = ?", [self.reader])
        except DamagedRecord:
            if self.reader:  # the others' readings may still be saved from it
                raise
            self.file.unlink(missing_ok=True)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=10)) as table, table:
                table.execute("pragma secure_delete = on")
                table.execute(_TABLE)
                table.execute(_TRUTHS)
                there = {column[1] for column in table.execute("pragma table_info(own_readings)")}
                for name in _ADDED.keys() - there:
                    with suppress(sqlite3.OperationalError):  # another process adds it at this moment
                        table.execute(f"alter table own_readings add column {name} {_ADDED[name]}")
                yield table
        except sqlite3.OperationalError as error:
            problem = message("the readings cannot be stored or read")
            accepted = message("another process may be writing them, or the disk is full: try again")
            raise WorkError(problem, thing=self.file, accepted=accepted) from error
        except sqlite3.Error as error:
            problem = message("the readings cannot be read, their file is damaged")
            raise DamagedRecord(problem, thing=str(self.file), accepted=message("delete them")) from error
