"""Where the app keeps what it writes: runs, caches and the models its users publish.

`CXR_HOME` names the folder; without it everything goes to `home/` in the checkout. Nothing is ever written
beside the user's data. A folder that cannot be made is a WorkError.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from cxr_core.errors import WorkError

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASED_MODELS = REPOSITORY / "models"
_ELSEWHERE = "make room, or set CXR_HOME to a folder that can be written"


def home() -> Path:
    """The folder that holds runs, caches and user-published models; made on first use."""
    return _made(Path(os.environ.get("CXR_HOME") or REPOSITORY / "home").expanduser().resolve())


def runs_folder() -> Path:
    """`runs/` under the home folder."""
    return _made(home() / "runs")


def cache_folder(name: str) -> Path:
    """`caches/NAME/` under the home folder."""
    return _made(home() / "caches" / name)


def published_models_folder() -> Path:
    """`models/` under the home folder: where `publish` writes, and what it makes."""
    return home() / "models"


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path beside `file` to write to: it becomes `file` when all went well and is removed when not."""
    part = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        yield part
        part.replace(file)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def keeping(file: Path, what: str) -> Iterator[Path]:
    """`replacing` for a file under the home folder, which also removes what a process that was killed had left of it.

    Raises WorkError, `what` in words, when the disk refuses.
    """
    import psutil  # not for the first page, which keeps nothing

    try:
        for left in file.parent.glob(f".{escape(file.name)}.*.part"):
            if not psutil.pid_exists(int(left.name.split(".")[-3])):
                left.unlink(missing_ok=True)
        with replacing(file) as part:
            yield part
    except OSError as error:
        raise WorkError(f"{file.parent}: {what} cannot be kept ({error.strerror or error}); {_ELSEWHERE}.") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be made ({error.strerror}); {_ELSEWHERE}.") from error
    return folder
