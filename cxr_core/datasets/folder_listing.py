"""What a folder holds, for one who looks for a data set in it: folders, and files that may be data sets."""

import os
from collections.abc import Callable
from pathlib import Path

from cxr_core.errors import DataSetError, reason_of

DATA_SET_FILES = (".zip", ".npz", ".csv")
MOST_NAMES = 500


def list_folder(folder: Path, may_open: Callable[[Path], bool]) -> list[Path]:
    """The folders in `folder`, then its files that may be data sets, each by name; at most MOST_NAMES of both together.

    Hidden ones are left out, and those for which `may_open` is false. Raises DataSetError if it cannot be listed.
    """
    folders: list[Path] = []
    files: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(Path(entry.path))
                elif entry.name.lower().endswith(DATA_SET_FILES) and entry.is_file():
                    files.append(Path(entry.path))
    except OSError as error:
        raise DataSetError(f"cannot be listed ({reason_of(error)})", thing=folder) from error
    found = [*sorted(folders), *sorted(files)]
    return [path for path in found if may_open(path)][:MOST_NAMES]
