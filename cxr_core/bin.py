"""Owners of what lies under the home folder, and the bin of models, evaluations and runs."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from cxr_core.errors import work_error
from cxr_core.files import replace_atomically
from cxr_core.paths import HOW_TO_MEND, home

KEEP_DAYS = 30
_OWNER = "owner.txt"
_SUFFIX = ".owner"  # beside a record that is one file


def set_owner(folder: Path, account: str) -> None:
    """Store whose a folder or a JSON file is: an account's id. Raises WorkError if it cannot be stored."""
    try:
        with replace_atomically(_owner_file(folder)) as part:
            part.write_text(account, encoding="utf-8")
    except OSError as error:
        raise work_error(folder, "its owner cannot be stored", error, HOW_TO_MEND) from error


def owner_of(folder: Path) -> str:
    """The id of the account that a folder or a JSON file belongs to; "" if nobody's, or made on the machine itself."""
    try:
        return _owner_file(folder).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def move_to_bin(folder: Path) -> Path:
    """Move a folder into `bin/PARENT/` under the home folder, where it stays for KEEP_DAYS days; returns its new place.

    What has been there for longer is deleted. Raises WorkError if the folder cannot be moved.
    """
    place = _place(folder.parent.name, folder.name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(place)
    except OSError as error:
        raise work_error(folder, "cannot be moved to the bin", error) from error
    empty_bin()
    return place


def move_files_to_bin(kind: str, name: str, files: Iterable[Path]) -> Path:
    """Move a record's files, those that exist, in this order, to a folder in `bin/KIND/`; see `move_to_bin`."""
    place = _place(kind, name)
    try:
        place.mkdir(parents=True)
        for file in files:
            if file.exists():
                file.rename(place / file.name)
    except OSError as error:
        raise work_error(name, "cannot be moved to the bin", error) from error
    empty_bin()
    return place


def in_bin(kind: str) -> dict[str, Path]:
    """The folders in `bin/KIND/` by the names that they had; of several of one name the last that was moved there."""
    return {place.name.split("-", 2)[2]: place for place in in_bin_all(kind)}


def in_bin_all(kind: str) -> list[Path]:
    """All folders in `bin/KIND/`, in the order in which they were moved there."""
    places = (home() / "bin" / kind).glob("*-*-*")
    return sorted(place for place in places if not place.name.startswith("."))  # locks


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


def owner_file(record: Path) -> Path:
    """Where the owner of a record in a JSON file is stored."""
    return record.with_suffix(_SUFFIX)


def owner_beside(place: Path) -> Path:
    """Where the owner of a data set's archive, or of the folder that it was unpacked to, is stored: beside it."""
    return place.with_name(f".{place.name}.owner")


def _owner_file(place: Path) -> Path:
    return owner_file(place) if place.suffix == ".json" else place / _OWNER


def _place(kind: str, name: str) -> Path:
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return home() / "bin" / kind / f"{seconds}-{nanoseconds:09d}-{name}"
