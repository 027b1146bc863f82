"""Films between their arrival and the archive: on disk, so that a killed process loses and repeats nothing.

    spool/incoming/TIME-KEY.dcm     received and acknowledged, not yet read; in order of arrival
    spool/outbox/KEY-VERSION/*.dcm  the results of a film that was read, not yet in the archive
    spool/outbox/KEY-VERSION/film   the film itself, for half a minute at most
    spool/aside/KEY.dcm, KEY.json   what cannot be read, with the reason
    spool/ledger.sqlite             what became of every instance, by its key and the model version

Each step ends with one rename or one transaction, and the step before is undone only after it: a film leaves
`incoming` when its results are in `outbox`, and these leave when the archive has them. `_recover` finishes what a
killed process had begun.
Only arriving films are forced down to the disk: waiting for it at every step would take most of the time. A power
failure may therefore damage results. They are then made again, since the film stays beside them until `settle` forces
them down too.
KEY is `identity.instance_key`. Films and results name patients: folders are 0700, files 0600.
"""

import hashlib
import json
import os
import re
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cxr_core.errors import WorkError, work_error
from cxr_core.hospital.durable import lock_folder, sync, write
from cxr_core.hospital.ledger import Ledger

DEFAULT_QUOTA = 10_000_000_000  # bytes
_INCOMING = re.compile(r"\d{20}-([0-9a-f]{24})\.dcm")
ASIDE_SHARE = 0.25  # of the quota, for films that cannot be read
SETTLE = 30.0  # seconds until results are forced down to the disk, by then at little cost
PART, FILM, CHECKSUMS = ".part", "film", "checksums.json"
SHADOW = "read in shadow mode"


class QuotaExceeded(WorkError):
    """The spool holds as many bytes as it may."""


@dataclass(frozen=True)
class SpooledFilm:
    """A received film: its file, and the key of its instance."""

    file: Path
    key: str

    @property
    def arrived(self) -> float:
        """When it arrived, seconds since 1970, by its file's name."""
        return int(self.file.name.split("-")[0]) / 1e9


class Spool:
    """The spool of one node, which one process uses at a time; its methods may be called from several threads."""

    def __init__(self, folder: Path, version: str, quota: int = DEFAULT_QUOTA) -> None:
        """version: of the model that reads. quota: bytes. Raises WorkError if another process uses the folder."""
        self.folder, self.version, self.quota = folder, version, quota
        self.incoming, self.outbox, self.aside = (folder / name for name in ("incoming", "outbox", "aside"))
        self._lock, self._leaving = threading.Lock(), threading.Lock()  # for the counts; for what leaves the outbox
        try:
            for path in (folder, self.incoming, self.outbox, self.aside):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._owner = lock_folder(folder)
        except OSError as error:
            raise work_error(folder, "the spool cannot be used", error) from error
        self.ledger = Ledger(folder / "ledger.sqlite")
        self._recover()
        self._waiting = {film.key: None for film in self.films()}
        self._bytes = sum(map(_size, [self.incoming, self.aside, *self.unsent()]))

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
            full = self._bytes + len(data) > self.quota
        if full:
            self.settle(0)
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
            write(part, data)
            part.rename(file)
            sync(self.incoming)
        except OSError as error:
            with self._lock:
                self._waiting.pop(key, None)
                self._bytes -= len(data)
            with suppress(OSError):
                file.with_suffix(PART).unlink(missing_ok=True)
            raise work_error(self.incoming, "a film cannot be stored", error) from error
        return True

    def films(self) -> list[SpooledFilm]:
        """The films that wait, in order of arrival."""
        found = ((file, _INCOMING.fullmatch(file.name)) for file in sorted(self.incoming.iterdir()))
        return [SpooledFilm(file, match[1]) for file, match in found if match]

    def stage(self, film: SpooledFilm, results: dict[str, bytes]) -> Path:
        """Write the results on a film, DICOM files by their names, for `finish`; may be called from any thread."""
        staged = self.outbox / f"{film.key}-{self.version}{PART}"
        staged.mkdir(mode=0o700, exist_ok=True)
        for name, data in results.items():
            write(staged / name, data, synced=False)
        checksums = {name: hashlib.sha256(data).hexdigest() for name, data in results.items()}
        write(staged / CHECKSUMS, json.dumps(checksums).encode(), synced=False)
        return staged

    def finish(self, film: SpooledFilm, staged: Path) -> None:
        """Exchange a film that was read for its staged results."""
        size = _size(staged)
        film.file.rename(staged / FILM)
        now = time.time_ns()  # the kernel's own stamp is too coarse to tell two films apart
        os.utime(staged, ns=(now, now))  # the outbox is sent in order of finishing
        staged.rename(staged.with_suffix(""))  # from here on the film is never read again
        self.ledger.add(film.key, self.version, "read")
        with self._lock:
            self._waiting.pop(film.key, None)
            self._bytes += size

    def enclose(self, key: str, name: str, results: dict[str, bytes]) -> None:
        """Put further results on a film that was read into the outbox; nothing if they are there or were sent.

        name: as in the ledger, VERSION and a suffix. Raises WorkError if they cannot be written.
        """
        if self.ledger.find(key, name):
            return
        staged = self.outbox / f"{key}-{name}{PART}"
        try:
            staged.mkdir(mode=0o700, exist_ok=True)
            for file, data in results.items():
                write(staged / file, data)
            staged.rename(self.outbox / f"{key}-{name}")
            sync(self.outbox)
        except OSError as error:
            raise work_error(self.outbox, "a result cannot be stored", error) from error
        self.ledger.add(key, name, "read")
        with self._lock:
            self._bytes += sum(map(len, results.values()))

    def settle(self, age: float = SETTLE) -> None:
        """Force results that have waited for `age` seconds down to the disk, and remove their films."""
        for results in self.unsent():
            with self._leaving, suppress(FileNotFoundError):  # they were sent meanwhile
                finished, film = results.stat().st_mtime_ns, results / FILM
                if not film.exists() or time.time() - finished / 1e9 < age:
                    continue
                for path in (*results.glob("*.dcm"), results, self.outbox):
                    sync(path)
                size = film.stat().st_size
                film.unlink()
                os.utime(results, ns=(finished, finished))
                with self._lock:
                    self._bytes -= size

    def set_aside(self, film: SpooledFilm, reason: str, digest: str) -> None:
        """Keep a film that cannot be read, with the reason."""
        received = datetime.fromtimestamp(film.arrived, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        note = json.dumps({"reason": reason, "digest": digest, "version": self.version, "received": received})
        write(self.aside / f"{film.key}.json", note.encode())
        film.file.rename(self.aside / f"{film.key}.dcm")
        self.ledger.add(film.key, self.version, "aside", reason, digest)
        with self._lock:
            self._waiting.pop(film.key, None)
        self._trim_aside()

    def discard(self, film: SpooledFilm, reason: str) -> None:
        """Forget a film that is none of the node's business."""
        self.ledger.add(film.key, self.version, "discarded", reason)
        size = film.file.stat().st_size
        film.file.unlink()
        with self._lock:
            self._waiting.pop(film.key, None)
            self._bytes -= size

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
        rubbish = results.with_suffix(PART)
        with self._leaving:
            size = _size(results)
            self.ledger.add(*_key_and_version(results), "sent")
            results.rename(rubbish)
        shutil.rmtree(rubbish, ignore_errors=True)
        with self._lock:
            self._bytes -= size

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
        for folder in (self.incoming, self.aside):
            for left in folder.glob(f"*{PART}"):
                left.unlink()
        for left in self.outbox.glob(f"*{PART}"):
            self._undo(left)
        for results in self.unsent():
            entry = self.ledger.find(*_key_and_version(results))
            if entry and entry.state == "sent":
                shutil.rmtree(results)
            elif not _intact(results):
                self._undo(results)
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
            if entry and entry.state == "read" and not (self.outbox / f"{film.key}-{self.version}").exists():
                self.ledger.forget(film.key, self.version)  # the ledger reached the disk, its results did not
            elif entry and entry.state != "aside":
                film.file.unlink()

    def _undo(self, results: Path) -> None:
        """Remove results; their film, if it is there and its results were not sent, is read again."""
        key, version = _key_and_version(results)
        entry, film = self.ledger.find(key, version), results / FILM
        if film.exists() and not (entry and entry.state == "sent"):
            film.rename(self.incoming / f"{film.stat().st_mtime_ns:020d}-{key}.dcm")
            self.ledger.forget(key, version)
        shutil.rmtree(results)


def _size(folder: Path) -> int:
    """Bytes of the films and results in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.suffix == ".dcm" or file.name == FILM)


def _intact(results: Path) -> bool:
    """Whether results are as they were written; without their film they are safe on the disk."""
    if not (results / FILM).exists():
        return True
    try:
        checksums = json.loads((results / CHECKSUMS).read_text())
        return bool(checksums) and all(
            hashlib.sha256((results / name).read_bytes()).hexdigest() == digest for name, digest in checksums.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def _key_and_version(results: Path) -> tuple[str, str]:
    return tuple(results.name.removesuffix(PART).split("-", 1))  # type: ignore[return-value]
