"""Films between their arrival and the archive: on disk, so that a killed process loses and repeats nothing.

    spool/incoming/TIME-KEY.dcm     received and acknowledged, not yet read; in order of arrival
    spool/outbox/KEY-VERSION/*.dcm  the results of a film that was read, not yet in the archive
    spool/aside/KEY.dcm, KEY.json   what cannot be read, with the reason
    spool/ledger.sqlite             what became of every instance, by its key and the model version

Each step ends with one rename or one transaction, and the step before is undone only after it: a film leaves
`incoming` when its results are in `outbox`, and these leave when the archive has them. `recover` finishes what a killed
process had begun. KEY is `identity.instance_key`. Films and results name patients: folders are 0700, files 0600.
"""

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cxr_core.errors import WorkError
from cxr_core.hospital.ledger import Ledger

DEFAULT_QUOTA = 10_000_000_000  # bytes
_INCOMING = re.compile(r"\d{20}-([0-9a-f]{24})\.dcm")
ASIDE_SHARE = 0.25  # of the quota, for films that cannot be read
PART = ".part"


class QuotaExceeded(WorkError):
    """The spool holds as many bytes as it may."""


@dataclass(frozen=True)
class SpooledFilm:
    """A received film: its file, and the key of its instance."""

    file: Path
    key: str


class Spool:
    """The spool of one node, which one process uses at a time; its methods may be called from several threads."""

    def __init__(self, folder: Path, version: str, quota: int = DEFAULT_QUOTA) -> None:
        """version: of the model that reads. quota: bytes. Raises WorkError if another process uses the folder."""
        self.folder, self.version, self.quota = folder, version, quota
        self.incoming, self.outbox, self.aside = (folder / name for name in ("incoming", "outbox", "aside"))
        self._lock = threading.Lock()
        try:
            for path in (folder, self.incoming, self.outbox, self.aside):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._owner = _lock_folder(folder)
        except OSError as error:
            raise WorkError(f"{folder}: the spool cannot be used ({error.strerror}).") from error
        self.ledger = Ledger(folder / "ledger.sqlite")
        self._recover()
        self._waiting = {found[1]: None for file in sorted(self.incoming.iterdir()) if (found := _key_of(file))}
        self._bytes = sum(file.stat().st_size for file in folder.rglob("*.dcm"))

    def close(self) -> None:
        """Let another process use the spool."""
        self.ledger.close()
        self._owner.close()

    def known(self, key: str, digest: str = "") -> bool:
        """Whether the instance waits or was dealt with by this model version.

        digest: sha256 of the instance; one that was kept aside is taken again if its content differs, since its first
        transfer may have been damaged.
        """
        entry = self.ledger.find(key, self.version)
        if entry and entry.state == "aside" and digest and entry.digest != digest:
            return False
        return entry is not None or key in self._waiting

    def receive(self, key: str, data: bytes, digest: str) -> bool:
        """Store an instance, safe from power loss, before it is acknowledged. False if it is known already.

        Raises QuotaExceeded if there is no room for it, WorkError if it cannot be written.
        """
        with self._lock:
            if self.known(key, digest):
                return False
            if self._bytes + len(data) > self.quota:
                raise QuotaExceeded(f"the spool holds {self._bytes:,} bytes of at most {self.quota:,}.")
            self._waiting[key] = None
            self._bytes += len(data)
        file = self.incoming / f"{time.time_ns():020d}-{key}.dcm"
        try:
            part = file.with_suffix(PART)
            _write(part, data)
            part.rename(file)
            _sync(self.incoming)
        except OSError as error:
            with self._lock:
                self._waiting.pop(key, None)
                self._bytes -= len(data)
            with suppress(OSError):
                file.with_suffix(PART).unlink(missing_ok=True)
            raise WorkError(f"{self.incoming}: a film cannot be stored ({error.strerror}).") from error
        return True

    def films(self) -> list[SpooledFilm]:
        """The films that wait, in order of arrival."""
        found = ((file, _key_of(file)) for file in sorted(self.incoming.iterdir()))
        return [SpooledFilm(file, match[1]) for file, match in found if match]

    def stage(self, film: SpooledFilm, results: dict[str, bytes]) -> Path:
        """Write the results on a film, DICOM files by their names, for `finish`; may be called from any thread."""
        staged = self.outbox / f"{film.key}-{self.version}{PART}"
        staged.mkdir(mode=0o700, exist_ok=True)
        for name, data in results.items():
            _write(staged / name, data)
        return staged

    def finish(self, film: SpooledFilm, staged: Path) -> None:
        """Exchange a film that was read for its staged results."""
        size = sum(file.stat().st_size for file in staged.iterdir())
        now = time.time_ns()  # the kernel's own stamp is too coarse to tell two films apart
        os.utime(staged, ns=(now, now))  # the outbox is sent in order of finishing
        staged.rename(staged.with_suffix(""))  # from here on the film is never read again
        _sync(self.outbox)
        self.ledger.add(film.key, self.version, "read")
        self._drop(film, size)

    def set_aside(self, film: SpooledFilm, reason: str, digest: str) -> None:
        """Keep a film that cannot be read, with the reason."""
        note = json.dumps({"reason": reason, "digest": digest, "version": self.version, "received": _date(film.file)})
        _write(self.aside / f"{film.key}.json", note.encode())
        film.file.rename(self.aside / f"{film.key}.dcm")
        self.ledger.add(film.key, self.version, "aside", reason, digest)
        with self._lock:
            self._waiting.pop(film.key, None)
        self._trim_aside()

    def discard(self, film: SpooledFilm, reason: str) -> None:
        """Forget a film that is none of the node's business."""
        self.ledger.add(film.key, self.version, "discarded", reason)
        self._drop(film)

    def unsent(self) -> list[Path]:
        """The folders of results that wait for the archive, the oldest first, each named KEY-VERSION."""
        found = []
        for path in self.outbox.iterdir():
            with suppress(FileNotFoundError):  # another thread has sent it meanwhile
                if path.is_dir() and path.suffix != PART:
                    found.append((path.stat().st_mtime_ns, path.name, path))
        return [path for *_, path in sorted(found)]

    def sent(self, results: Path) -> None:
        """Remove results that the archive has."""
        size = sum(file.stat().st_size for file in results.iterdir())
        self.ledger.add(*_key_and_version(results), "sent")
        rubbish = results.with_suffix(PART)
        results.rename(rubbish)
        shutil.rmtree(rubbish, ignore_errors=True)
        with self._lock:
            self._bytes -= size

    def _drop(self, film: SpooledFilm, grown: int = 0) -> None:
        size = film.file.stat().st_size
        film.file.unlink()
        with self._lock:
            self._waiting.pop(film.key, None)
            self._bytes += grown - size

    def _trim_aside(self) -> None:
        """Remove the oldest films that were kept aside while they fill more than a quarter of the quota."""
        films = sorted(self.aside.glob("*.dcm"), key=lambda file: file.stat().st_mtime_ns)
        sizes = [file.stat().st_size for file in films]
        excess = sum(sizes) - self.quota * ASIDE_SHARE
        for file, size in zip(films, sizes, strict=True):
            if excess <= 0:
                return
            file.unlink()
            file.with_suffix(".json").unlink(missing_ok=True)
            excess -= size
            with self._lock:
                self._bytes -= size

    def _recover(self) -> None:
        """Finish or undo the steps during which a process was killed."""
        for folder in (self.incoming, self.outbox, self.aside):
            for left in folder.glob(f"*{PART}"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        for results in self.unsent():
            entry = self.ledger.find(*_key_and_version(results))
            if entry and entry.state == "sent":
                shutil.rmtree(results)
            elif entry is None or entry.state == "aside":
                self.ledger.add(*_key_and_version(results), "read")
        for note in self.aside.glob("*.json"):
            if not note.with_suffix(".dcm").exists():
                note.unlink()  # the film is still in `incoming` and is looked at again
            elif self.ledger.find(note.stem, self.version) is None:
                with suppress(ValueError, KeyError):
                    kept = json.loads(note.read_text())
                    self.ledger.add(note.stem, kept["version"], "aside", kept["reason"], kept["digest"])
        for film in self.films():
            entry = self.ledger.find(film.key, self.version)
            if entry and entry.state != "aside":
                film.file.unlink()


def refused(folder: Path) -> Iterator[tuple[str, str]]:
    """Key and reason of every film that was kept aside in the spool at `folder`, also while a node uses it."""
    for file in sorted((folder / "aside").glob("*.json")):
        with suppress(OSError, ValueError, KeyError):
            yield file.stem, json.loads(file.read_text())["reason"]


def _key_of(file: Path) -> re.Match[str] | None:
    return _INCOMING.fullmatch(file.name)


def _key_and_version(results: Path) -> tuple[str, str]:
    key, _, version = results.name.partition("-")
    return key, version


def _date(file: Path) -> str:
    """When a film arrived, by its file's name, ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(file.name.split("-")[0]) / 1e9))


def _write(file: Path, data: bytes) -> None:
    """Write a file that only its owner may read, down to the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Bring a rename down to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock_folder(folder: Path) -> IO[bytes]:
    """Hold the folder for this process; the lock ends with the process, however it ends. Raises WorkError."""
    import fcntl  # POSIX only; a node runs on a server

    owner = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner.close()
        raise WorkError(f"{folder}: another node uses this spool.") from None
    return owner
