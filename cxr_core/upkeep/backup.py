"""Backup and restore of the home folder: one tar file with the checksum of every file, written and put back as a whole.

Caches, logs, locks and temporary files are left out. Databases are copied by SQLite, the audit log under its lock, so
that the server and the node may run meanwhile. A backup holds keys and films: it is readable by its owner alone.

    home/...         the files
    manifest.json    schema, program, when, audit (lines), files: {path: {"sha256": ..., "mode": ...}}
"""

import hashlib
import io
import json
import logging
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any

from cxr_core import __version__, audit
from cxr_core.errors import InputError, WorkError, work_error
from cxr_core.files import locked, replace_atomically, sha256_of
from cxr_core.paths import home_path

_log = logging.getLogger(__name__)
MANIFEST, PREFIX, SCHEMA = "manifest.json", "home", 1
LEFT_OUT = ("caches", "logs")
_AUDIT = ("audit.jsonl", "audit.head")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Summary:
    """What a backup holds. audit: lines of the audit log. problem: one sentence on its chain, "" if it holds."""

    files: int
    bytes: int
    audit: int
    problem: str = ""


def make_backup(out: Path) -> Summary:
    """Write the home folder to `out`, in place of an earlier backup, and read it back before it counts.

    Raises InputError if there is no home folder or `out` lies in it, WorkError if a file cannot be read or written.
    """
    home = home_path()
    if not home.is_dir():
        raise InputError("there is no such folder", thing=home, accepted="accepted is a CXR_HOME that was used")
    if out.resolve().is_relative_to(home):
        raise InputError("lies in the folder that is backed up", thing=out, accepted="accepted is a place outside")
    entries: dict[str, dict[str, Any]] = {}
    try:
        with replace_atomically(out.resolve()) as part, TemporaryDirectory(dir=out.resolve().parent) as copies:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
                with locked(home / _AUDIT[0]):
                    lines, problem = audit.verify()
                    for name in _AUDIT:
                        _add(archive, home, home / name, Path(copies), entries)
                for file in _files(home):
                    _add(archive, home, file, Path(copies), entries)
                _add_manifest(archive, entries, lines)
            summary = Summary(len(entries), part.stat().st_size, lines, problem)
            with tarfile.open(part) as archive:
                _copy_checked(archive, out, None)
    except OSError as error:
        raise work_error(out, "the backup cannot be written", error) from error
    _log.info("Backup of %d files", summary.files)
    return summary


def restore_backup(archive_file: Path) -> Summary:
    """Put a backup back as the home folder, which must be missing or hold nothing but logs; all of it or nothing.

    Raises InputError for what is no whole backup or a home folder that holds something, WorkError if the audit log's
    chain does not hold or the disk fails.
    """
    home = home_path()
    if home.exists() and (not home.is_dir() or {file.name for file in home.iterdir()} - {"logs"}):
        raise InputError("holds something already", thing=home, accepted="accepted is an empty or missing CXR_HOME")
    part = home.with_name(f".{home.name}.{os.getpid()}.restored")
    try:
        part.mkdir(mode=0o700, parents=True)
        with tarfile.open(archive_file) as archive:
            count = _copy_checked(archive, archive_file, part)
        lines, problem = audit.verify(part)
        if problem:
            raise WorkError("its audit log does not verify", thing=archive_file, accepted=problem)
        if (home / "logs").exists():
            (home / "logs").rename(part / "logs")
        part.rename(home)  # also onto an empty folder
    except tarfile.TarError as error:
        raise _no_backup(archive_file, "it is not a complete tar file") from error
    except OSError as error:
        raise work_error(home, f"the backup {archive_file} cannot be restored", error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _log.info("Restored %d files", count)
    return Summary(count, archive_file.stat().st_size, lines)


def _files(home: Path) -> Iterator[Path]:
    """The files to keep, but for the audit log."""
    for folder, folders, names in os.walk(home):
        here = Path(folder)
        if here == home:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in sorted(names):
            passing = name.endswith((".part", ".lock", "-wal", "-shm", "-journal")) or name == "lock"
            if not passing and not (here == home and name in _AUDIT) and (here / name).is_file():
                yield here / name


def _add(archive: tarfile.TarFile, home: Path, file: Path, copies: Path, entries: dict[str, dict[str, Any]]) -> None:
    """Add one file as it is at this moment; one that has vanished meanwhile is left out."""
    copy, name = copies / "copy", file.relative_to(home).as_posix()
    with suppress(FileNotFoundError):
        mode = file.stat().st_mode & 0o777
        if file.suffix == ".sqlite":
            copy.unlink(missing_ok=True)
            _copy_database(file, copy)
        else:
            shutil.copyfile(file, copy)
        about = archive.gettarinfo(copy, f"{PREFIX}/{name}")
        about.mode = mode
        with copy.open("rb") as stream:
            archive.addfile(about, stream)
        entries[name] = {"sha256": sha256_of(copy), "mode": mode}


def _copy_database(file: Path, copy: Path) -> None:
    """A consistent copy, also while others write; a damaged file is copied as it is."""
    try:
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=20)) as table,
            closing(sqlite3.connect(copy)) as target,
        ):
            table.backup(target)
    except sqlite3.Error:
        shutil.copyfile(file, copy)


def _add_manifest(archive: tarfile.TarFile, entries: dict[str, dict[str, Any]], lines: int) -> None:
    when = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"schema": SCHEMA, "program": __version__, "when": when, "files": entries, "audit": lines}
    data = json.dumps(content, indent=1).encode()
    about = tarfile.TarInfo(MANIFEST)
    about.size, about.mode = len(data), 0o600
    archive.addfile(about, io.BytesIO(data))


def _copy_checked(archive: tarfile.TarFile, thing: Path, into: Path | None) -> int:
    """Read each file, which is what the manifest says, and write it below a folder; returns how many there are.

    into: the folder, None to write nothing. Raises InputError.
    """
    members = {member.name: member for member in archive.getmembers()}
    entries = _manifest(archive, members.pop(MANIFEST, None), thing)
    if {f"{PREFIX}/{name}" for name in entries} != members.keys():
        raise _no_backup(thing, "files are missing, or were added")
    for name, entry in entries.items():
        member, path = members[f"{PREFIX}/{name}"], PurePosixPath(name)
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None or path.is_absolute() or ".." in path.parts:
            raise _no_backup(thing, f"{name} is no file of a home folder")
        target = nullcontext() if into is None else _new_file(into / name, int(entry.get("mode", 0o600)) & 0o777)
        with stream, target as file:
            digest = hashlib.sha256()
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                if file is not None:
                    file.write(chunk)
        if digest.hexdigest() != entry.get("sha256"):
            raise _no_backup(thing, f"{name} is damaged")
    return len(entries)


@contextmanager
def _new_file(file: Path, mode: int) -> Iterator[IO[bytes]]:
    """A file to write, on the disk when the block ends. mode: whatever the process's umask."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
    file.chmod(mode)


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None, thing: Path) -> dict[str, dict[str, Any]]:
    stream = archive.extractfile(member) if member is not None and member.isreg() else None
    if stream is None:
        raise _no_backup(thing, f"it has no {MANIFEST}")
    try:
        content = json.loads(stream.read())
        schema, program = int(content["schema"]), str(content["program"])
        entries: dict[str, dict[str, Any]] = content["files"]
        if not all(isinstance(entry, dict) for entry in entries.values()):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_backup(thing, f"its {MANIFEST} is damaged") from error
    if schema > SCHEMA:
        raise _no_backup(thing, f"it was written by version {program}")
    return entries


def _no_backup(thing: Path, reason: str) -> InputError:
    return InputError(
        f"is not a whole backup ({reason})", thing=thing, accepted="accepted is a file that `backup` wrote"
    )
