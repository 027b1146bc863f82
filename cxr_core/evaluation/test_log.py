"""The test ledger: how often a test split was opened, by which model, and what was seen.

`FOLDER/test_ledger.jsonl`, one line of JSON an opening, only ever appended to.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cxr_core.errors import WorkError

LEDGER = "test_ledger.jsonl"


@dataclass(frozen=True)
class TestSetAccess:
    """One evaluation on a test split.

    figures: JSON-ready, as `Metrics.to_dict()`. time: ISO 8601 in UTC, now unless given.
    """

    model_sha256: str
    data_fingerprint: str
    split: str
    figures: dict[str, Any]
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def record_access(folder: Path, entry: TestSetAccess) -> None:
    """Append one line; the folder is made if needed.

    Raises WorkError if it cannot be written, ValueError if the figures hold a NaN.
    """
    line = (json.dumps(asdict(entry), allow_nan=False) + "\n").encode()
    file = folder / LEDGER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # One write to a file opened for appending: the system puts each whole line at the end, whoever else writes.
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            written = os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise WorkError(f"{file}: the test ledger cannot be written ({error.strerror}).") from error
    if written < len(line):
        raise WorkError(f"{file}: the disk is full; the last line of the test ledger is cut off.")


def openings(folder: Path, model_sha256: str | None = None) -> list[TestSetAccess]:
    """The recorded openings, oldest first; of one model, or without `model_sha256` of all.

    Raises WorkError for a line that cannot be read: a ledger that passes over lines would count too few.
    """
    file = folder / LEDGER
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise WorkError(f"{file}: the test ledger cannot be read ({error}).") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(TestSetAccess(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise WorkError(f"{file}: line {number} is not an entry of the test ledger; mend or remove it.") from error
    return [entry for entry in found if model_sha256 in (None, entry.model_sha256)]
