"""The folders that the app writes to: runs, caches, and the models that its users publish.

`CXR_HOME` names the folder that holds them; without it, it is `home/` in the checkout. Nothing is written beside the
user's data. A folder that cannot be created raises WorkError.
"""

import os
from pathlib import Path

from cxr_core.errors import WorkError

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASED_MODELS = REPOSITORY / "models"
HOW_TO_MEND = "make room, or set CXR_HOME to a folder that can be written"


def home() -> Path:
    """The folder that holds runs, caches and user-published models; created on first use."""
    return _created(Path(os.environ.get("CXR_HOME") or REPOSITORY / "home").expanduser().resolve())


def runs_folder() -> Path:
    """`runs/` under the home folder."""
    return _created(home() / "runs")


def cache_folder(name: str) -> Path:
    """`caches/NAME/` under the home folder."""
    return _created(home() / "caches" / name)


def published_models_folder() -> Path:
    """`models/` under the home folder: where `publish` writes; created by it."""
    return home() / "models"


def _created(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be created ({error.strerror}); {HOW_TO_MEND}.") from error
    return folder
