"""The ward's table, `CXR_HOME/hospital/ward.sqlite`: the node writes films, readers claim and decide them.

Several processes use it at once. A film is claimed by one conditional update inside SQLite's write lock, so that of
readers who click at the same moment one gets it. The file, and the films beside it in `ward/`, name patients: 0600.
"""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from cxr_core.errors import DamagedRecord, NotFound, WorkError, reason_of, work_error
from cxr_core.hospital.ward.arrival import NOBODY, URGENCY, Arrival, Identity, Measured
from cxr_core.hospital.ward.drift import Drift
from cxr_core.inference.reader_log import Own
from cxr_core.languages import message
from cxr_core.log import log_handled
from cxr_core.paths import HOW_TO_MEND, ward_table

_log = logging.getLogger(__name__)
RESTORE = message("restore it from a backup, or stop the node and remove the file")
CLAIM_SECONDS = 3600.0  # after which a claimed film that nobody decided is free again
_RANKS = " ".join(f"when '{verdict}' then {rank}" for rank, verdict in enumerate(URGENCY))
_BY_URGENCY = f"(case verdict {_RANKS} else 9 end), number desc, arrived"
_TABLES = """
create table if not exists films (
    key text not null, version text not null, arrived real not null, kept text not null, verdict text not null,
    number real, arrival text not null,
    reader text not null default '', reader_name text not null default '', claimed_at real, decided_at real,
    own text not null default '', primary key (key, version)
) without rowid;
create index if not exists films_arrived on films (arrived);
create index if not exists films_kept on films (kept, decided_at);
create table if not exists decisions (
    id integer primary key, key text not null, version text not null, reader_name text not null, own text not null,
    note text not null, at real not null, number integer not null, sent integer not null default 0
);
create table if not exists settings (name text primary key, value text not null);
create table if not exists drifts (
    site text, version text, week text, statistic text, value real not null, low real not null, high real not null,
    films integer not null, primary key (site, version, week, statistic)
);
"""


@dataclass(frozen=True)
class WardFilm:
    """A film of the worklist. arrived, claimed_at, decided_at: seconds since 1970. own: the reader's word, or ""."""

    arrival: Arrival
    arrived: float
    reader: str
    reader_name: str
    claimed_at: float | None
    decided_at: float | None
    own: str

    def is_claimed(self, now: float) -> bool:
        """Whether a reader has it, or has decided it."""
        recent = self.claimed_at is not None and now - self.claimed_at <= CLAIM_SECONDS
        return bool(self.reader) and (self.decided_at is not None or recent)


@dataclass(frozen=True)
class Decision:
    """A reader's word on a film that is not in the archive yet. number: 1 for the first on this film, and so on."""

    id: int
    key: str
    version: str
    reader_name: str
    own: Own
    note: str
    number: int


class Ward:
    """The table and the films beside it. Methods raise WorkError if they cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        """folder: of the spool, which exists."""
        self.file, self.films = folder / "ward.sqlite", folder / "ward"
        try:
            self.films.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise work_error(self.file, "the worklist cannot be stored", error, HOW_TO_MEND) from error
        with self._open() as table:
            table.executescript(_TABLES)

    def set(self, **settings: str) -> None:
        """Store settings of the node that readers' pages go by."""
        with self._open() as table:
            table.executemany("insert or replace into settings values (?, ?)", settings.items())

    def setting(self, name: str) -> str:
        """A setting of the node, "" if it was never set."""
        with self._open() as table:
            found = table.execute("select value from settings where name = ?", [name]).fetchone()
        return str(found[0]) if found else ""

    def add(self, arrival: Arrival, kept: str, film: Path | None = None, arrived: float | None = None) -> None:
        """Store a film that was read; once more after a crash changes nothing that readers did.

        kept: "worklist", "shadow" or "" (for the monitor only). film: its file, which is linked for the worklist.
        """
        try:
            if film is not None:
                with suppress(FileExistsError):
                    os.link(film, self._film(arrival.key))
        except OSError as error:
            raise work_error(self.films, "a film cannot be kept", error, HOW_TO_MEND) from error
        row = [
            arrival.key,
            arrival.version,
            time.time() if arrived is None else arrived,
            kept,
            arrival.verdict,
            arrival.number,
        ]
        with self._open() as table:
            table.execute(
                "insert into films (key, version, arrived, kept, verdict, number, arrival) values (?, ?, ?, ?, ?, ?, ?)"
                " on conflict (key, version) do update set kept = excluded.kept, verdict = excluded.verdict,"
                " number = excluded.number, arrival = excluded.arrival",
                [*row, json.dumps(asdict(arrival))],
            )

    def waiting(self, limit: int = -1, by_arrival: bool = False) -> list[WardFilm]:
        """The films of the worklist that nobody has decided, the most urgent first or in order of arrival.

        limit: at most so many, -1 for all.
        """
        order = "arrived, key" if by_arrival else _BY_URGENCY
        return self._films("kept = 'worklist' and decided_at is null", order, limit=limit)

    def decided(self, limit: int = -1) -> list[WardFilm]:
        """The films of the worklist that were decided, the last one first. limit: as of `waiting`."""
        return self._films("kept = 'worklist' and decided_at is not null", "decided_at desc", limit=limit)

    def counts(self) -> dict[str, int]:
        """How many films of the worklist are "waiting", "claimed" (and not decided) and "decided"."""
        claimed = "reader <> '' and claimed_at >= ?"
        state = f"case when decided_at is not null then 'decided' when {claimed} then 'claimed' else 'waiting' end"
        query = f"select {state}, count(*) from films where kept = 'worklist' group by 1"
        with self._open() as table:
            found = dict(table.execute(query, [time.time() - CLAIM_SECONDS]).fetchall())
        return {"waiting": 0, "claimed": 0, "decided": 0} | found

    def of_patient(self, patient_id: str, before: float) -> list[WardFilm]:
        """The films of the worklist of one patient that arrived earlier, the last one first. before: since 1970."""
        where = "kept = 'worklist' and arrived < ? and json_extract(arrival, '$.identity.patient_id') = ?"
        return self._films(where, "arrived desc", before, patient_id)

    def in_shadow(self) -> list[WardFilm]:
        """The films that were read in shadow mode, in order of arrival."""
        return self._films("kept = 'shadow'", "arrived, key")

    def find(self, key: str, version: str) -> WardFilm:
        """One film of the worklist. Raises NotFound."""
        found = self._films("kept = 'worklist' and key = ? and version = ?", "key", key, version)
        if not found:
            raise NotFound(message("This film is no longer on the worklist."))
        return found[0]

    def measured(self) -> list[tuple[float, str, str, Measured]]:
        """Arrival, site profile, model version and measurements of every film, in order of arrival."""
        return [
            (film.arrived, film.arrival.site, film.arrival.version, film.arrival.measured)
            for film in self._films("1", "arrived")
        ]

    def film(self, key: str) -> bytes:
        """The film's file, as it was received. Raises NotFound if it is no longer kept."""
        try:
            return self._film(key).read_bytes()
        except OSError as error:
            raise NotFound(message("This film is no longer kept here ({reason}).", reason=reason_of(error))) from error

    def claim(self, key: str, version: str, reader: str, name: str) -> bool:
        """Take a film to read it; False if another reader has it. reader: an account. name: as others see it."""
        now = time.time()
        with self._open() as table:
            taken = table.execute(
                "update films set reader = ?, reader_name = ?, claimed_at = ? where key = ? and version = ?"
                " and kept = 'worklist' and (reader in ('', ?) or (decided_at is null and claimed_at < ?))",
                [reader, name, now, key, version, reader, now - CLAIM_SECONDS],
            ).rowcount
        return taken == 1

    def give_back(self, key: str, version: str, reader: str) -> None:
        """Free a film that this reader has claimed and not decided."""
        with self._open() as table:
            table.execute(
                "update films set reader = '', reader_name = '', claimed_at = null"
                " where key = ? and version = ? and reader = ? and decided_at is null",
                [key, version, reader],
            )

    def decide(self, key: str, version: str, reader: str, own: Own, note: str = "") -> bool:
        """Store a reader's word on the film that they have claimed; False if another reader has it meanwhile."""
        now = time.time()
        with self._open() as table:
            decided = table.execute(
                "update films set own = ?, decided_at = ? where key = ? and version = ? and reader = ?",
                [own, now, key, version, reader],
            ).rowcount
            if decided:
                table.execute(
                    "insert into decisions (key, version, reader_name, own, note, at, number)"
                    " select key, version, reader_name, own, ?, ?, 1 + (select count(*) from decisions d"
                    " where d.key = films.key and d.version = films.version)"
                    " from films where key = ? and version = ?",
                    [note, now, key, version],
                )
        return bool(decided)

    def unsent(self) -> list[Decision]:
        """The decisions that were not made into a report, the oldest first."""
        names = "id, key, version, reader_name, own, note, number"
        with self._open() as table:
            rows = table.execute(f"select {names} from decisions where sent = 0 order by id").fetchall()
        return [Decision(*row) for row in rows]

    def sent(self, decision: Decision) -> None:
        """A decision is in the outbox, or cannot be made into a report."""
        with self._open() as table:
            table.execute("update decisions set sent = 1 where id = ?", [decision.id])

    def forget(self, days: float) -> None:
        """Remove films that arrived longer ago, and whose they are; what the monitor follows stays."""
        for film in self._films("kept = 'worklist' and arrived < ?", "arrived", time.time() - days * 86400):
            anonymous = asdict(film.arrival) | {"identity": asdict(NOBODY)}
            with self._open() as table:
                table.execute(
                    "update films set kept = '', arrival = ? where key = ? and version = ?",
                    [json.dumps(anonymous), film.arrival.key, film.arrival.version],
                )
            self._film(film.arrival.key).unlink(missing_ok=True)

    def add_drift(self, drift: Drift) -> bool:
        """Store a drift; False if it is known already."""
        with self._open() as table:
            new = "insert or ignore into drifts values (?, ?, ?, ?, ?, ?, ?, ?)"
            return table.execute(new, astuple(drift)).rowcount == 1

    def drifts(self, week: str = "") -> list[Drift]:
        """The drifts from that week on, the newest week first."""
        with self._open() as table:
            found = table.execute("select * from drifts where week >= ? order by week desc, statistic", [week])
            return [Drift(*row) for row in found]

    def _films(self, where: str, order: str, *values: Any, limit: int = -1) -> list[WardFilm]:
        names = "arrival, arrived, reader, reader_name, claimed_at, decided_at, own"
        query = f"select {names} from films where {where} order by {order} limit {limit}"
        with self._open() as table:
            rows = table.execute(query, values).fetchall()
        try:
            return [WardFilm(_arrival(row[0]), *row[1:]) for row in rows]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log_handled(_log, "a film of the worklist is damaged", error)
            raise DamagedRecord(message("the worklist cannot be used"), thing=self.file, accepted=RESTORE) from error

    def _film(self, key: str) -> Path:
        return self.films / f"{key}.dcm"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=20)) as table, table:
                table.execute("pragma journal_mode = wal")
                table.execute("pragma secure_delete = on")
                yield table
        except sqlite3.Error as error:
            log_handled(_log, "the worklist's table", error)
            raise WorkError(message("the worklist cannot be used"), thing=self.file, accepted=RESTORE) from error


def existing_ward() -> Ward | None:
    """The ward of the node whose spool lies under the home folder; None if no node has kept anything there."""
    table = ward_table()
    return Ward(table.parent) if table.exists() else None


def _arrival(text: str) -> Arrival:
    values = json.loads(text)
    parts = {"measured": Measured(**values["measured"]), "identity": Identity(**values["identity"])}
    return Arrival(**values | parts)
