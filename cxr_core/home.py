"""Where the app keeps what it writes: runs, caches and the models its users publish.

`CXR_HOME` names the folder; without it everything goes to `home/` in the checkout. Nothing is ever written
beside the user's data.
"""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASED_MODELS = REPOSITORY / "models"


def home() -> Path:
    """The folder that holds runs, caches and user-published models; made on first use."""
    folder = Path(os.environ.get("CXR_HOME") or REPOSITORY / "home").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def runs_folder() -> Path:
    """`runs/` under the home folder."""
    return _made(home() / "runs")


def cache_folder(name: str) -> Path:
    """`caches/NAME/` under the home folder."""
    return _made(home() / "caches" / name)


def published_models_folder() -> Path:
    """`models/` under the home folder: where `publish` writes."""
    return _made(home() / "models")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
