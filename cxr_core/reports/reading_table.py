"""Readings as tables: CSV for a spreadsheet, JSON for a program."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxr_core.inference.reading import Reading

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class Reported:
    """A reading with what a report adds to it: whether the film is synthetic, and the reader's own word and note."""

    reading: Reading
    synthetic: bool = False
    own: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON document of a reading, and ours beside it."""
        return self.reading.to_dict() | {
            "synthetic": self.synthetic,
            "own_reading": self.own or None,
            "note": self.note,
        }


def to_json(films: Iterable[Reported], made: datetime, settings: dict[str, Any], notice: str) -> str:
    """One document: when it was made, with which settings, the notice, and the films. File names as they were."""
    document = {
        "made": made.isoformat(timespec="seconds"),
        "notice": notice,
        "settings": settings,
        "films": [film.to_dict() for film in films],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(films: Iterable[Reported], made: datetime) -> str:
    """One row a film. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    rows = [_row(film, made) for film in films]
    stream = io.StringIO()
    if rows:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def _row(film: Reported, made: datetime) -> dict[str, Any]:
    result = film.to_dict()
    return {
        "file": result["file"],
        "verdict": result["verdict"],
        "probability": result["probability"],
        "threshold": result["threshold"],
        "reasons": " ".join(result["reasons"]),
        "own_reading": film.own,
        "note": film.note,
        "synthetic": film.synthetic,
        "sha256": result["sha256"],
        "model": result["model"]["name"],
        "version": result["model"]["version"],
        "made": made.isoformat(timespec="seconds"),
    }


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
