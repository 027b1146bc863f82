"""What became of every instance: an SQLite table by instance key and model version. It names no patient."""

import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cxr_core.errors import WorkError

State = Literal["read", "sent", "aside", "discarded"]
_SCHEMA = """
create table if not exists instances (
    key text not null, version text not null, state text not null, reason text not null default '',
    digest text not null default '', changed text not null default (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    primary key (key, version)
) without rowid
"""


@dataclass(frozen=True)
class Entry:
    """One instance and model version.

    state: "read" (results wait for the archive), "sent", "aside" (cannot be read) or "discarded". reason: for the last
    two. digest: sha256 of an instance that was kept aside.
    """

    key: str
    version: str
    state: State
    reason: str
    digest: str


class Ledger:
    """The table. Methods raise WorkError if it cannot be used.

    A change is safe from a killed process when its method returns; a power failure may undo the last ones, which
    `Spool` allows for.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
            self._table = sqlite3.connect(file, timeout=10, check_same_thread=False, isolation_level=None)
            self._table.execute("pragma journal_mode = wal")
            self._table.execute("pragma synchronous = normal")
            self._table.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._table.close()

    def find(self, key: str, version: str) -> Entry | None:
        """What became of an instance; None if it was never dealt with."""
        query = "select key, version, state, reason, digest from instances where key = ? and version = ?"
        found = self._run(query, key, version)
        return Entry(*found[0]) if found else None

    def add(self, key: str, version: str, state: State, reason: str = "", digest: str = "") -> None:
        """Record what became of an instance; the last word counts."""
        query = "insert or replace into instances (key, version, state, reason, digest) values (?, ?, ?, ?, ?)"
        self._run(query, key, version, state, reason, digest)

    def forget(self, key: str, version: str) -> None:
        """Remove what is recorded of an instance."""
        self._run("delete from instances where key = ? and version = ?", key, version)

    def counts(self) -> dict[str, int]:
        """Instances by state."""
        return dict(self._run("select state, count(*) from instances group by state order by state"))

    def _run(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._table.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> WorkError:
        return WorkError(f"the node's ledger cannot be used ({type(error).__name__})", thing=self._file)
