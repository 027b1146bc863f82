"""Owners of what lies under the home folder, and the bin: retired models, and with sign-in deleted runs."""

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

    What has been there for longer is deleted. Raises WorkError if the folder cannot be moved.
    """
    kept = home() / "bin" / folder.parent.name
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    place = kept / f"{seconds}-{nanoseconds:09d}-{folder.name}"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        folder.rename(place)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be moved to the bin ({error.strerror}).") from error
    empty_bin()
    return place


def in_bin(kind: str) -> dict[str, Path]:
    """The folders in `bin/KIND/` by the names that they had; of several of one name the last that was moved there."""
    return {place.name.split("-", 2)[2]: place for place in sorted((home() / "bin" / kind).glob("*-*-*"))}


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
