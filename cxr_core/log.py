"""The log of each process: what it did and where it failed, never what it was given.

    CXR_HOME/logs/KIND-TIME-PID.log      one a process, rotated at 1 MB; the newest KEPT files stay

Modules write to `logging.getLogger(__name__)`: events, counts and seconds. An exception that nobody expected goes
through `log_surprise`, which writes its type and its frames and returns the number that the user is shown. Messages of
exceptions, values of DICOM headers, names of files and scores are never written: any of them may identify a patient.
"""

import logging
import os
import secrets
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from cxr_core.paths import PACKAGE, home_path

ROTATED_BYTES = 1_000_000
ROTATIONS = 2
KEPT = 50  # files
_ROOT = logging.getLogger("cxr_core")


def configure_logging(kind: str) -> None:
    """Send what this package logs to this process's file; the first record creates it.

    kind: what the process is, "app", "job" or "verb"; the start of the file's name. A log that cannot be written is
    done without: the work does not depend on it.
    """
    folder = home_path() / "logs"
    present = [handler for handler in _ROOT.handlers if isinstance(handler, _LogFile)]
    if any(Path(handler.baseFilename).parent == folder for handler in present):
        return
    for handler in present:  # of another CXR_HOME
        _ROOT.removeHandler(handler)
        handler.close()
    started = time.strftime("%Y%m%dT%H%M%S")
    _ROOT.addHandler(_LogFile(folder / f"{kind}-{started}-{os.getpid()}.log"))
    _ROOT.setLevel(logging.INFO)
    _ROOT.propagate = False


@contextmanager
def log_on_standard_error() -> Iterator[None]:
    """Write the log on standard error as well, one line an event, as a server does."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _ROOT.addHandler(handler)
    _ROOT.setLevel(logging.INFO)
    try:
        yield
    finally:
        _ROOT.removeHandler(handler)


def log_surprise(logger: logging.Logger, error: BaseException) -> str:
    """Log an exception that nobody expected, by its type and frames; returns its number, eight hexadecimal digits."""
    number = secrets.token_hex(4)
    logger.error("error %s: %s", number, _without_messages(error))
    return number


def log_handled(logger: logging.Logger, event: str, error: BaseException) -> None:
    """Log an exception that a library may raise on damaged bytes and that is handled: its type and where it arose."""
    frame = traceback.extract_tb(error.__traceback__, limit=-1)[0]
    place = f"{_shown(Path(frame.filename))}:{frame.lineno} in {frame.name}"
    logger.info("%s: %s, %s", event, type(error).__qualname__, place)


def surprise_in_words(number: str) -> str:
    """What the user is shown in place of an exception's own words."""
    return f"Something went wrong that was not expected (error {number}); the log in CXR_HOME/logs says where."


class SurpriseFilter(logging.Filter):
    """For the logger of a library that logs our exceptions with their messages: ours logs them instead, by number."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Takes the exception out of the record; always true."""
        if record.exc_info and record.exc_info[1]:
            number = log_surprise(_ROOT, record.exc_info[1])
            record.msg, record.args, record.exc_info, record.exc_text = f"error {number}", (), None, None
        return True


class _LogFile(RotatingFileHandler):
    """A log file that appears with its first record, and that never fails the work."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=ROTATED_BYTES, backupCount=ROTATIONS, encoding="utf-8", delay=True)
        self.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is None:
            with suppress(OSError):
                folder = Path(self.baseFilename).parent
                folder.mkdir(parents=True, exist_ok=True)
                _remove_old(folder)
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, logging's own name
        """A full disk or a folder that cannot be written: the record is lost."""


class _Formatter(logging.Formatter):
    def formatException(  # noqa: N802, logging's own name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """What `logger.exception` would write, without the message."""
        return _without_messages(ei[1]) if ei[1] else ""


def _without_messages(error: BaseException) -> str:
    """The types and frames of an exception and of its causes, the last cause first."""
    parts: list[str] = []
    seen: set[int] = set()
    next_one: BaseException | None = error
    while next_one is not None and id(next_one) not in seen:
        seen.add(id(next_one))
        frames = [
            f"  {_shown(Path(frame.filename))}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(next_one.__traceback__)
        ]
        parts.append("\n".join([type(next_one).__qualname__, *frames]))
        next_one = next_one.__cause__ or next_one.__context__
    return "\ncaused: ".join(reversed(parts))


def _shown(file: Path) -> str:
    """A source file below this package or below the libraries, else its name alone: no path of this machine."""
    for folder in (PACKAGE.parent, *map(Path, sys.path)):
        if folder.is_absolute() and file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    return file.name


def _remove_old(folder: Path) -> None:
    files = sorted(folder.glob("*.log*"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[KEPT - 1 :]:
        file.unlink(missing_ok=True)
