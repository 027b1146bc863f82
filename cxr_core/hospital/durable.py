"""Files that only their owner may read, brought down to the disk before somebody relies on them."""

import os
from pathlib import Path
from typing import IO

from cxr_core.errors import WorkError


def write(file: Path, data: bytes, synced: bool = True) -> None:
    """Write a file; synced: safe from power loss when it returns, not only from a killed process."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        if synced:
            stream.flush()
            os.fsync(stream.fileno())


def sync(path: Path) -> None:
    """Bring a file, or the renames in a folder, down to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_folder(folder: Path) -> IO[bytes]:
    """Hold the folder for this process; the lock ends with the process, however it ends. Raises WorkError."""
    import fcntl  # POSIX only; a node runs on a server

    owner = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner.close()
        raise WorkError("another node uses this spool", thing=folder) from None
    return owner
