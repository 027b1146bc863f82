"""Saved views of a data set: names for filters of its films, `views/KEY.json` under the home folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from cxr_core.datasets.index import Index
from cxr_core.datasets.recent import data_set_key
from cxr_core.errors import SettingsError
from cxr_core.files import locked, store_file
from cxr_core.paths import home
from cxr_core.records import Fields, Record

MOST_CHARACTERS = 60


@dataclass(frozen=True)
class _Views(Record):
    what: ClassVar[str] = "the saved views of a data set"
    views: Mapping[str, Mapping[str, Any]]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Raises ValueError."""
        return cls(values, {name: view.values for name, view in Fields(values).objects("views").items()})


def saved_views(index: Index) -> dict[str, Mapping[str, Any]]:
    """The filters of each saved view, by its name. Raises DamagedRecord."""
    file = _file(index)
    return dict(_Views.read(file).views) if file.exists() else {}


def save_view(index: Index, name: str, filters: Mapping[str, Any]) -> None:
    """Save filters, JSON-ready, under a name; a view of the same name is replaced.

    Raises SettingsError for an empty or long name, WorkError if they cannot be stored.
    """
    name = name.strip()
    if not 0 < len(name) <= MOST_CHARACTERS:
        raise SettingsError(
            thing=f"name {name[:MOST_CHARACTERS]!r}", accepted=f"1 to {MOST_CHARACTERS} characters are accepted"
        )
    _store(index, lambda views: {**views, name: dict(filters)})


def delete_view(index: Index, name: str) -> None:
    """Remove a saved view, if it is there."""
    _store(index, lambda views: {other: view for other, view in views.items() if other != name})


def _store(index: Index, change: Any) -> None:
    file = _file(index)
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file), store_file(file, "the saved views") as part:
        _Views.from_dict({"views": change(saved_views(index))}).write(part)


def _file(index: Index) -> Path:
    return home() / "views" / f"{data_set_key(str(index.source))}.json"
