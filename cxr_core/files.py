"""Files that other processes read, changed as a whole: written beside the old one, then put in its place."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from cxr_core.errors import WorkError
from cxr_core.paths import HOW_TO_MEND


@contextmanager
def replace_atomically(file: Path) -> Iterator[Path]:
    """A temporary path beside `file` to write to; it replaces `file` if the block succeeds, else it is removed."""
    part = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}.part")
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
            if not psutil.pid_exists(int(left.name.split(".")[-3])):
                left.unlink(missing_ok=True)
        with replace_atomically(file) as part:
            yield part
    except OSError as error:
        raise WorkError(
            f"{file.parent}: {what} cannot be stored ({error.strerror or error}); {HOW_TO_MEND}."
        ) from error
