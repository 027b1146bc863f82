"""An archive that was dropped on a page, stored under the home folder."""

import hashlib
import os
from pathlib import Path

from cxr_core.files import store_file
from cxr_core.paths import home
from cxr_core.quotas import note_owner, room_for

STEM_BYTES = 150  # of the dropped file's name


def store_dropped(name: str, data: bytes) -> Path:
    """Store a dropped archive as a whole, named by its name and content; one that is there already is replaced.

    Raises WorkError if it cannot be stored or a quota is full; nothing incomplete stays under that name.
    """
    given = Path(name.replace("\\", "/")).name
    stem = os.fsencode(Path(given).stem)[:STEM_BYTES].decode("utf-8", "ignore").replace("\0", "")
    digest = hashlib.sha256(data).hexdigest()[:12]
    file = home() / "drops" / f"{stem}-{digest}{Path(given).suffix.lower()}"
    needed = 0 if file.exists() else len(data)
    with room_for("drops", needed, given), store_file(file, "the archive") as part:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
    note_owner(file)
    return file
