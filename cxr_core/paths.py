"""Where things lie: what is shipped with the app, and the folders that the app writes to.

In a checkout, the app's script, its pages, its settings and the released models lie beside the package, and what is
written goes to `home/`. Installed, they lie in `cxr_core/workbench/`, and what is written goes to the platform's folder
for a user's data. `CXR_HOME` names another folder for either. It holds runs, caches, logs, and the models that users
publish. Nothing is written beside the user's data. A folder that cannot be created raises WorkError.
"""

import os
from functools import lru_cache
from pathlib import Path

from cxr_core.errors import work_error

PACKAGE = Path(__file__).resolve().parent
REPOSITORY = PACKAGE.parent
"""The checkout, or the folder that the package is installed in: `python -m cxr_core` finds the package from there."""

_WORKBENCH = PACKAGE / "workbench"
INSTALLED = _WORKBENCH.is_dir()
APP_SCRIPT = (_WORKBENCH if INSTALLED else REPOSITORY) / "streamlit_app.py"
RELEASED_MODELS = APP_SCRIPT.parent / "models"
HOW_TO_MEND = "make room, or set CXR_HOME to a folder that can be written"


def home() -> Path:
    """The folder that holds runs, caches and user-published models; created on first use."""
    return _created(home_path())


def home_path() -> Path:
    """The path of `home`, which is not created."""
    return _resolved(Path(os.environ.get("CXR_HOME") or _default_home()).expanduser().absolute())


def ward_table() -> Path:
    """The table of the worklist that a node under the home folder keeps; there need be none."""
    return home_path() / "hospital" / "ward.sqlite"


def runs_folder() -> Path:
    """`runs/` under the home folder."""
    return _created(home() / "runs")


def cache_folder(name: str) -> Path:
    """`caches/NAME/` under the home folder."""
    return _created(home() / "caches" / name)


def published_models_folder() -> Path:
    """`models/` under the home folder: where `publish` writes; created by it."""
    return home() / "models"


@lru_cache(maxsize=16)
def _resolved(path: Path) -> Path:  # a system call for each part of the path, and a page asks ten times
    return path.resolve()


def _default_home() -> Path:
    if not INSTALLED:
        return REPOSITORY / "home"
    from platformdirs import user_data_path

    return user_data_path("cxr-workbench", appauthor=False)


def _created(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise work_error(folder, "cannot be created", error, HOW_TO_MEND) from error
    return folder
