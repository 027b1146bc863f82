"""How much of the disk dropped archives, downloads, unpacked archives and runs may fill: of an account, and together.

With sign-in, whoever writes one of these asks `room_for` first. The limits are `quotas` of `access.SignIn`; without
sign-in there are none but the disk's own. What a deleted run takes in the bin counts until it is deleted for good.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from cxr_core.access import LOCAL, Account, sign_in_settings
from cxr_core.bin import in_bin_all, owner_beside, owner_of
from cxr_core.errors import SettingsError, WorkError, work_error
from cxr_core.files import locked
from cxr_core.paths import home

FOLDERS = {"drops": "drops", "downloads": "downloads", "archives": "data", "runs": "runs"}
"""The folder under the home folder in which each kind lies."""
WORDS = {
    "drops": "dropped archives",
    "downloads": "downloads",
    "archives": "unpacked archives",
    "runs": "runs",
}
WHERE = "Storage on the Dataset page"
GIGABYTE = 1e9
_account: ContextVar[Account] = ContextVar("account", default=LOCAL)
_reserved: list[tuple[str, str, int]] = []  # kind, owner, bytes that are being written
_lock = threading.Lock()


@dataclass(frozen=True)
class Stored:
    """Something that counts. kind: one of WORDS. owner: an account's id, "" if nobody's. bytes: of all its files."""

    kind: str
    place: Path
    owner: str
    bytes: int
    in_bin: bool = False

    @property
    def name(self) -> str:
        """What the user knows it by; of what lies in the bin the name that it had."""
        return self.place.name.split("-", 2)[2] if self.in_bin else self.place.name


@contextmanager
def acting(account: Account) -> Iterator[None]:
    """What this thread writes meanwhile is this account's; else it is that of the machine's own user."""
    before = _account.set(account)
    try:
        yield
    finally:
        _account.reset(before)


@contextmanager
def room_for(kind: str, needed: int, what: str) -> Iterator[None]:
    """Keep room for what the block writes. kind: one of WORDS. needed: bytes. what: for the message.

    Raises WorkError if the quota of the account or of the server is full, SettingsError for an unusable `access.toml`.
    """
    settings = sign_in_settings()
    if settings is None:
        yield
        return
    owner = _account.get().id
    reservation = (kind, owner, needed)
    with _lock:
        used = [(one.owner, one.bytes) for one in stored(kind)]
        used += [(whose, size) for of, whose, size in _reserved if of == kind]
        own, all_ = settings.quotas[kind]
        if owner:
            of_account = sum(size for whose, size in used if whose == owner)
            _check(what, needed, f"your {WORDS[kind]}", of_account, own, f"delete some under {WHERE}")
        total = sum(size for _, size in used)
        mend = f"delete some under {WHERE}, or ask the administrator"
        _check(what, needed, f"the {WORDS[kind]} of all accounts", total, all_, mend)
        _reserved.append(reservation)
    try:
        yield
    finally:
        with _lock:
            _reserved.remove(reservation)


def _check(what: str, needed: int, whose: str, used: int, gigabytes: float, mend: str) -> None:
    if used + needed > gigabytes * GIGABYTE or used >= gigabytes * GIGABYTE:
        asked = f"needs {bytes_in_words(needed)}, and " if needed else ""
        raise WorkError(
            f"{asked}{whose} fill {bytes_in_words(used)} of {bytes_in_words(gigabytes * GIGABYTE)}",
            thing=what,
            accepted=mend,
        )


def stored(kind: str) -> list[Stored]:
    """Everything of a kind that is on this machine, by its name."""
    folder = home() / FOLDERS[kind]
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [Stored(kind, one, _owner(one), _size(one)) for one in places if not one.name.startswith(".")]
    if kind == "runs":
        found += [Stored(kind, one, owner_of(one), _size(one), True) for one in in_bin_all("runs")]
    return found


def note_owner(place: Path) -> None:
    """Store that a drop, a download or an unpacked archive is the acting account's, unless it is another's already.

    Raises WorkError if it cannot be stored.
    """
    account, file = _account.get(), owner_beside(place)
    if account.is_local or file.exists():
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(account.id, encoding="utf-8")
    except OSError as error:
        raise work_error(place, "its owner cannot be stored", error) from error


def delete_for_good(one: Stored, account: Account) -> None:
    """Delete a drop, a download, an unpacked archive, or a run that is in the bin.

    Raises SettingsError if the account may not, or for a run that is not in the bin, Busy while another process writes
    it, WorkError if it cannot be deleted.
    """
    if not account.may_delete(one.owner):
        raise SettingsError(thing=one.name, accepted="only who stored it, or an administrator, can delete it")
    if one.kind == "runs" and not one.in_bin:
        raise SettingsError(
            "is not in the bin", thing=f"run {one.name}", accepted="delete it on the Train page first, it is then there"
        )
    target = one.place.with_name(one.place.name.removesuffix(".part"))
    try:
        with locked(target, seconds=0):
            if one.place.is_dir():
                shutil.rmtree(one.place)
            else:
                one.place.unlink(missing_ok=True)
            owner_beside(target).unlink(missing_ok=True)
    except OSError as error:
        raise work_error(one.name, "cannot be deleted", error) from error


def bytes_in_words(size: float) -> str:
    """A number of bytes in words, for example "1.2 GB"."""
    if size < 1e6:
        return f"{size:,.0f} bytes"
    return f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE / 10 else f"{size / 1e6:.1f} MB"


def _owner(place: Path) -> str:
    if place.parent.name == FOLDERS["runs"]:
        return owner_of(place)
    with suppress(OSError, UnicodeDecodeError):
        return owner_beside(place.with_name(place.name.removesuffix(".part"))).read_text(encoding="utf-8").strip()
    return ""


def _size(place: Path) -> int:
    """Bytes of a file, or of the files of a folder; what vanishes meanwhile counts as none."""
    total, folders = 0, []
    try:
        if not place.is_dir():
            return place.lstat().st_size
        folders.append(place)
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
    except OSError:
        return total
    return total
