"""One way to change what others read: under a lock, written beside the old file, then put in its place as a whole.

`replace_atomically` and `store_file` write a file; `locked` keeps other processes and threads from changing it
meanwhile; `seal` and `is_sealed` tell a complete cache file from one with a damaged or missing part.
"""

import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import IO
from uuid import uuid4

from cxr_core.errors import Busy, NotFound, WorkError, reason_of, work_error
from cxr_core.paths import HOW_TO_MEND

LOCK_SECONDS = 60.0
_POLL_SECONDS = 0.01
_SEAL = b"\ncxr-crc32:"
_SEAL_BYTES = len(_SEAL) + 4
_CHUNK_BYTES = 1 << 20
_known_sealed: set[tuple[str, int, int, int]] = set()


@contextmanager
def replace_atomically(file: Path) -> Iterator[Path]:
    """A temporary path beside `file` to write to; it replaces `file` if the block succeeds, else it is removed.

    The path is unique: two writers at once each replace the file as a whole, the later one last.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.{uuid4().hex[:12]}.part")
    try:
        yield part
        part.replace(file)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def store_file(file: Path, what: str) -> Iterator[Path]:
    """`replace_atomically` for a file under the home folder; also removes temporary files that killed processes left.

    what: the content, for the message. Raises WorkError if the file cannot be written.
    """
    import psutil  # late: the first page writes nothing

    try:
        for left in file.parent.glob(f".{escape(file.name)}.*.part"):
            pid = left.name.split(".")[-3]
            if pid.isdecimal() and not psutil.pid_exists(int(pid)):
                left.unlink(missing_ok=True)
        with replace_atomically(file) as part:
            yield part
    except OSError as error:
        raise work_error(file.parent, f"{what} cannot be stored", error, HOW_TO_MEND) from error


@contextmanager
def locked(file: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Run the block while no other process or thread holds the lock of `file`, which need not exist.

    The lock is `.NAME.lock` in the same folder; the system releases it when the process that holds it ends. The same
    thread must not lock a file twice. seconds: how long to wait, 0 for not at all.
    Raises Busy if it is held for longer, WorkError if the folder is missing or cannot be written.
    """
    from filelock import FileLock, Timeout  # late: the first page locks nothing

    lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=seconds, poll_interval=_POLL_SECONDS)
    if not file.parent.is_dir():  # filelock would create it, and a deleted run would come back
        raise WorkError(f"there is no such folder, so that {file.name} cannot be written", thing=file.parent)
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy("another process is changing it", thing=file, accepted="try again when it has finished") from error
    except OSError as error:
        raise work_error(file, "cannot be locked", error, HOW_TO_MEND) from error
    try:
        yield
    finally:
        lock.release()


def sha256_of(file: Path) -> str:
    """Hexadecimal sha256 of a file. Raises NotFound if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise NotFound(f"cannot be read ({reason_of(error)})", thing=file) from error


def seal(file: Path) -> None:
    """Append the CRC-32 of a file's content to it. A `.npy` file is read as before: NumPy ignores what follows."""
    with file.open("r+b") as stream:
        checksum = _checksum(stream, os.fstat(stream.fileno()).st_size)
        stream.seek(0, os.SEEK_END)
        stream.write(checksum)
        stream.flush()
        os.fsync(stream.fileno())


def is_sealed(file: Path) -> bool:
    """Whether a file is complete and as `seal` left it; False for one that is missing or cannot be read.

    Reads the whole file, about 2 GB a second, once in a process; again only if its size or time has changed.
    """
    try:
        with file.open("rb") as stream:
            status = os.fstat(stream.fileno())
            key = (str(file), status.st_size, status.st_mtime_ns, status.st_ino)
            if key in _known_sealed:
                return True
            size = status.st_size - _SEAL_BYTES
            if size < 0 or _checksum(stream, size) != stream.read():
                return False
    except OSError:
        return False
    _known_sealed.add(key)
    return True


def read_sealed(file: Path) -> bytes | None:
    """The content of a sealed file without its checksum; None if it is missing, damaged or cannot be read."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    body = content[:-_SEAL_BYTES]
    return body if content[-_SEAL_BYTES:] == _SEAL + zlib.crc32(body).to_bytes(4) else None


def _checksum(stream: IO[bytes], size: int) -> bytes:
    """The seal of the next `size` bytes of a stream."""
    checksum = 0
    while size and (chunk := stream.read(min(size, _CHUNK_BYTES))):
        checksum = zlib.crc32(chunk, checksum)
        size -= len(chunk)
    return _SEAL + checksum.to_bytes(4)
