"""Readings as tables: CSV for a spreadsheet, JSON for a program."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxr_core.inference.reading import Reading
from cxr_core.labels import NOTICE
from cxr_core.tables import rows_to_csv


@dataclass(frozen=True, eq=False)
class ReportedReading:
    """A reading, and what a report adds to it.

    synthetic: whether the film is one of the demo set's. own: the clinician's own reading, or "". note: theirs.
    """

    reading: Reading
    synthetic: bool = False
    own: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The document of `predict --json`, with `synthetic`, `own_reading` and `note`."""
        return self.reading.to_dict() | {
            "synthetic": self.synthetic,
            "own_reading": self.own or None,
            "note": self.note,
        }


def to_json(films: Iterable[ReportedReading], created: datetime, settings: dict[str, Any]) -> str:
    """One JSON document: time of creation, notice, settings and films. File names are unchanged."""
    document = {
        "made": created.isoformat(timespec="seconds"),
        "notice": NOTICE,
        "settings": settings,
        "films": [film.to_dict() for film in films],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(films: Iterable[ReportedReading], created: datetime) -> str:
    """A CSV with one row a film. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    rows = [_row(film, created) for film in films]
    return rows_to_csv(rows, list(rows[0])) if rows else ""


def _row(film: ReportedReading, created: datetime) -> dict[str, Any]:
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
        "made": created.isoformat(timespec="seconds"),
    }
