"""The data sets that were opened on this machine, newest first: `recent_data_sets.json` under the home folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from cxr_core.datasets.index import Index
from cxr_core.errors import DamagedRecord
from cxr_core.files import locked
from cxr_core.paths import home
from cxr_core.records import Fields, Record

MOST = 12  # data sets that are remembered
_KEY_DIGITS = 10


@dataclass(frozen=True)
class RecentDataSet:
    """A data set that was opened. source: what `build_index` was given. films: how many it had then, readable or not.

    name: of its folder or table, for the screen.
    """

    source: str
    name: str
    films: int

    @property
    def key(self) -> str:
        """A short name for addresses, which does not give the folder away: 10 hexadecimal digits."""
        return data_set_key(self.source)


@dataclass(frozen=True)
class _Recents(Record):
    what: ClassVar[str] = "the list of recent data sets"
    sets: tuple[RecentDataSet, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Raises ValueError."""
        listed = Fields(values).parts("sets")
        return cls(values, tuple(RecentDataSet(s.text("source"), s.text("name"), s.whole("films")) for s in listed))


def data_set_key(source: str) -> str:
    """The key of a data set by its source, see `RecentDataSet.key`."""
    return hashlib.sha256(source.encode()).hexdigest()[:_KEY_DIGITS]


def recent_data_sets() -> list[RecentDataSet]:
    """The data sets that were opened on this machine, newest first; none if the list cannot be read."""
    try:
        return _read()
    except DamagedRecord:
        return []


def damaged_recent_data_sets() -> list[str]:
    """A sentence if the list cannot be read and is passed over; the next data set that is opened replaces it."""
    try:
        _read()
    except DamagedRecord as error:
        return [str(error)]
    return []


def remember_data_set(source: str, index: Index) -> None:
    """Put a data set that was opened at the head of the list. Raises WorkError if the list cannot be written."""
    new = RecentDataSet(source, index.source.name, len(index.films))
    with locked(_file()):
        sets = [new, *(one for one in recent_data_sets() if one.source != source)][:MOST]
        content = {"sets": [{"source": one.source, "name": one.name, "films": one.films} for one in sets]}
        _Recents.from_dict(content).write(_file())


def _read() -> list[RecentDataSet]:
    return list(_Recents.read(_file()).sets) if _file().exists() else []


def _file() -> Path:
    return home() / "recent_data_sets.json"
