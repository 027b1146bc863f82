"""The audit log: who did what, appended to `audit.jsonl` under the home folder while sign-in is on.

Each line is one JSON object with the time, the account's id, the event and its details; no patient and no file name.
`hash` is an HMAC-SHA-256 of the line and of the hash before it, with a key beside the log, so that a line that was
changed, removed, added or moved is found; `audit.head` has the last hash, so that lines cut from the end are found.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cxr_core.access import Account
from cxr_core.errors import work_error
from cxr_core.files import locked, replace_atomically
from cxr_core.paths import HOW_TO_MEND, home
from cxr_core.patient_key import secret_key

EVENTS = ("sign_in", "reading", "export", "publish", "delete", "acceptance", "setting", "decision", "drift")
FIRST = "0" * 64


def record(account: Account, event: str, **details: str | float | None) -> None:
    """Append an event; nothing without sign-in. Raises WorkError if it cannot be stored."""
    if account.is_local:
        return
    if event not in EVENTS:
        raise ValueError(f"event {event!r}: accepted are {', '.join(EVENTS)}")
    file = home() / "audit.jsonl"
    with locked(file):
        try:
            last = _head(file.parent)
            entry = {"at": datetime.now(UTC).isoformat(), "account": account.id, "event": event, **details}
            entry["hash"] = _chained(last, entry, file.parent)
            with file.open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
                log.flush()
                os.fsync(log.fileno())
            with replace_atomically(file.with_name("audit.head")) as part:
                part.write_text(str(entry["hash"]))
        except OSError as error:
            raise work_error(file, "cannot be written", error, HOW_TO_MEND) from error


def verify(folder: Path | None = None) -> tuple[int, str]:
    """The number of entries whose chain holds, and "" or one sentence on the first that breaks it.

    folder: that holds log and key, by default the home folder. Raises WorkError if the key cannot be read.
    """
    folder = folder or home()
    file = folder / "audit.jsonl"
    last, number = FIRST, 0
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    except (OSError, UnicodeDecodeError):
        return 0, f"{file}: cannot be read."
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            stated = entry.pop("hash")
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return number - 1, f"{file}: line {number} is damaged."
        expected = _chained(last, entry, folder)
        if not isinstance(stated, str) or not hmac.compare_digest(stated.encode(), expected.encode()):
            return number - 1, f"{file}: line {number} does not follow the line before it; one of them was changed."
        last = stated
    if last != _head(folder):
        return number, f"{file}: lines are missing at its end."
    return number, ""


def _head(folder: Path) -> str:
    file = folder / "audit.head"
    return file.read_text() if file.exists() else FIRST


def _chained(last: str, entry: Mapping[str, object], folder: Path) -> str:
    content = last + json.dumps(entry, sort_keys=True)
    return hmac.new(secret_key("audit.key", folder), content.encode(), hashlib.sha256).hexdigest()
