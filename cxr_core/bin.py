"""Owners of what lies under the home folder, and the bin that deleted folders go to while sign-in is on."""

import os
import shutil
import time
from pathlib import Path

from cxr_core.errors import WorkError
from cxr_core.files import replace_atomically
from cxr_core.paths import HOW_TO_MEND, home

KEEP_DAYS = 30
_OWNER = "owner.txt"


def set_owner(folder: Path, account: str) -> None:
    """Store whose a folder is: an account's id. Raises WorkError if it cannot be stored."""
    try:
        with replace_atomically(folder / _OWNER) as part:
            part.write_text(account, encoding="utf-8")
    except OSError as error:
        raise WorkError(f"{folder}: its owner cannot be stored ({error.strerror}); {HOW_TO_MEND}.") from error


def owner_of(folder: Path) -> str:
    """The id of the account that a folder belongs to; "" if it is nobody's, or was made on the machine itself."""
    try:
        return (folder / _OWNER).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def move_to_bin(folder: Path) -> Path:
    """Move a folder into `bin/PARENT/` under the home folder, where it stays for KEEP_DAYS days; returns its new place.

    Raises WorkError if it cannot be moved.
    """
    kept = home() / "bin" / folder.parent.name
    place = kept / f"{int(time.time())}-{os.getpid()}-{folder.name}"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        folder.rename(place)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be moved to the bin ({error.strerror}).") from error
    return place


def empty_bin(now: float | None = None) -> int:
    """Delete what has been in the bin for more than KEEP_DAYS days; returns how many folders that were.

    now: seconds since 1970, for the present by default.
    """
    latest = (time.time() if now is None else now) - KEEP_DAYS * 86_400
    emptied = 0
    for place in (home() / "bin").glob("*/*-*-*"):
        moved = place.name.split("-")[0]
        if moved.isdecimal() and int(moved) < latest:
            shutil.rmtree(place, ignore_errors=True)
            emptied += 1
    return emptied
