"""The clinician's own readings, beside ours: a small SQLite table under the home folder.

It holds what was said and of which file, by its hash: no image, no name. Nothing is written unless a page or a person
calls `add`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from cxr_core.errors import SettingsError, WorkError
from cxr_core.paths import home

Own = Literal["pneumonia", "normal", "unsure"]
MAX_NOTE = 500
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
    note text not null
)"""


@dataclass(frozen=True)
class OwnReading:
    """What a clinician said of a film, and what the model had said.

    sha256: of the file. own: theirs. verdict, probability, model, version: ours. blind: whether theirs came before ours
    was shown. note: free text of at most MAX_NOTE letters. at: UTC, ISO 8601, "" for now.
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

    @property
    def agrees(self) -> bool | None:
        """Whether both said the same; None where either gave no answer."""
        if self.own == "unsure" or self.verdict not in ("pneumonia", "normal"):
            return None
        return self.own == self.verdict


class ReadingLog:
    """The table in `home()/readings.sqlite`, made when something is first added."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or home() / "readings.sqlite"

    def add(self, reading: OwnReading) -> None:
        """Write one down. Raises SettingsError for an answer or a note that is not accepted, WorkError if it fails."""
        if reading.own not in get_args(Own):
            raise SettingsError(f"own reading {reading.own!r}: accepted are {', '.join(get_args(Own))}.")
        if len(reading.note) > MAX_NOTE:
            raise SettingsError(f"note of {len(reading.note)} letters: at most {MAX_NOTE} are accepted.")
        row = asdict(reading) | {"at": reading.at or datetime.now(UTC).isoformat(timespec="seconds")}
        with self._open() as table:
            table.execute(_TABLE)
            marks = ", ".join(f":{name}" for name in row)
            table.execute(f"insert into own_readings ({', '.join(row)}) values ({marks})", row)

    def all(self) -> list[OwnReading]:
        """Everything that was written down, oldest first. Raises WorkError."""
        if not self.file.exists():
            return []
        names = [field.name for field in fields(OwnReading)]
        with self._open() as table:
            table.execute(_TABLE)
            rows = table.execute(f"select {', '.join(names)} from own_readings order by at, id").fetchall()
        found = (dict(zip(names, row, strict=True)) for row in rows)
        return [OwnReading(**row | {"blind": bool(row["blind"])}) for row in found]

    def latest(self) -> dict[tuple[str, str], OwnReading]:
        """The last word on each film and model version, by hash and version."""
        return {(reading.sha256, reading.version): reading for reading in self.all()}

    def clear(self) -> None:
        """Forget everything."""
        self.file.unlink(missing_ok=True)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=10)) as table, table:
                yield table
        except sqlite3.Error as error:
            raise WorkError(f"{self.file}: the readings cannot be kept there ({error}).") from error


def agreement_by_day(readings: list[OwnReading]) -> list[dict[str, object]]:
    """Of each day with answers on both sides: `day`, `films`, `agreed` and `share`, by the last word on each film."""
    days: dict[str, list[bool]] = {}
    last = {(reading.sha256, reading.version): reading for reading in readings}
    for reading in last.values():
        if reading.agrees is not None:
            days.setdefault(reading.at[:10], []).append(reading.agrees)
    return [
        {"day": day, "films": len(votes), "agreed": sum(votes), "share": sum(votes) / len(votes)}
        for day, votes in sorted(days.items())
    ]
