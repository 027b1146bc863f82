"""Where the app keeps what it writes: runs, caches and the models its users publish.

`CXR_HOME` names the folder; without it everything goes to `home/` in the checkout. Nothing is ever written
beside the user's data. A folder that cannot be made is a WorkError.
"""

import os
from pathlib import Path

from cxr_core.errors import WorkError

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASED_MODELS = REPOSITORY / "models"


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


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot be made ({error.strerror}); make room, or set CXR_HOME to a folder that can be written"
        raise WorkError(f"{folder}: {why}.") from error
    return folder
