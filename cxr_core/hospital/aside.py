"""The films that a node could not read and keeps aside, with the reasons."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def refused(folder: Path) -> Iterator[tuple[str, str]]:
    """Key and reason of every film that was kept aside in the spool at `folder`, also while a node uses it."""
    for file in sorted((folder / "aside").glob("*.json")):
        with suppress(OSError, ValueError, KeyError):
            yield file.stem, json.loads(file.read_text())["reason"]
