"""A data set as a table: one row a film, read from headers and bytes without decoding pixels.

What the headers said is kept under `CXR_HOME`; a second index reads only the files whose size or time changed.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.archives import ARCHIVES, unpack
from cxr_core.datasets.kermany_names import identify
from cxr_core.datasets.folder_layout import Walk, find_root, walk
from cxr_core.datasets.manifest import read_table
from cxr_core.datasets.patients import group_patients
from cxr_core.errors import DataSetError, WorkError
from cxr_core.files import store_file
from cxr_core.imaging.header import CANNOT_BE_READ, Header, read_header, unread
from cxr_core.labels import NORMAL
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

COLUMNS = (
    *("path", "file", "split", "label", "kind", "number", "series", "patient", "bytes", "modified"),
    *("width", "height", "format", "colour", "sha256", "fault"),
)
_HEADER = tuple(Header.__annotations__)
_KEPT = tuple(dict.fromkeys((*COLUMNS, "told", *_HEADER)))
_VERSION = 3  # of what is kept: raise it when `read_header`, `identify` or `group_patients` answer differently
_TOLD_EVERY = 50
_LARGE = 100_000  # bytes: reading and hashing smaller files costs less than handing them to a thread
_KIND_OF = {NORMAL: "normal"}


@dataclass(frozen=True, eq=False)
class Index:
    """A data set: `root`, and `films` with the columns of COLUMNS, one row a file, sorted by path.

    `source` is what opens it again: the folder or the table. `notes`: a sentence for each thing passed over.
    `read` is how many files were read for it; the others were known from last time.
    """

    root: Path
    films: pd.DataFrame
    source: Path
    notes: tuple[str, ...] = ()
    read: int = 0

    @property
    def readable(self) -> pd.DataFrame:
        """The rows whose file can be used."""
        return self.films[self.films["fault"] == ""]

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over paths and contents: the same films give the same fingerprint on any machine."""
        lines = (self.films["path"] + " " + self.films["sha256"]).sort_values()
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def build_index(source: Path | str, progress: Progress | None = None) -> Index:
    """Index a data set: a folder in the Kaggle layout, a `.zip` or MedMNIST `.npz` of films, or a `.csv` table.

    `progress(done, total)` is called now and then. Raises DataSetError if `source` is not a data set or holds no
    file. A file that cannot be used is a row with its `fault`, not an error.
    """
    path = Path(source).expanduser()
    kind = path.suffix.lower()
    if kind == ".csv" and not path.is_dir():
        table = path.resolve()
        return index_places(table.parent, table, read_table(table), progress)
    if kind in ARCHIVES and not path.is_dir():
        path = unpack(path, progress)
    root = find_root(path).resolve()
    found = walk(root)
    if not found.places:
        raise DataSetError(f"{root}: its class folders are empty; put films into NORMAL/ and PNEUMONIA/.")
    return index_places(root, root, found, progress)


def index_places(root: Path, source: Path, found: Walk, progress: Progress | None = None) -> Index:
    """Index the files that were found; only those are read whose size or time changed since the last index."""
    places = found.places
    store = cache_folder("index") / f"{hashlib.sha256(str(source).encode()).hexdigest()[:16]}-{_VERSION}.feather"
    films = pd.DataFrame(places, columns=["path", "split", "label", "bytes", "modified", "cannot", "told"])
    known = _known(store)
    at = pd.Index(known["path"]).get_indexer(films["path"])
    same = at >= 0
    for column in ("bytes", "modified"):
        same[same] = known[column].to_numpy()[at[same]] == films[column].to_numpy()[same]
    new = np.flatnonzero(~same)
    if not len(new) and len(known) == len(places) and _equal(films, known.iloc[at], ["split", "label", "told"]):
        return Index(root, known[list(COLUMNS)], source, tuple(found.notes))

    def read(i: int) -> Header:
        return unread(places[i].fault) if places[i].fault else read_header(root / places[i].path, places[i].size)

    headers: list[Header] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {i: pool.submit(read, i) for i in new.tolist() if places[i].size >= _LARGE}
        for done, i in enumerate(new.tolist(), start=1):
            headers.append(waiting.pop(i).result() if i in waiting else read(i))
            if progress and (done % _TOLD_EVERY == 0 or done == len(new)):
                progress(done, len(new))
    parts = [known[list(_HEADER)].iloc[at[same]].set_axis(np.flatnonzero(same))] if same.any() else []
    parts += [pd.DataFrame(headers, columns=list(_HEADER), index=new)] if len(new) else []
    table = _table(pd.concat([films, pd.concat(parts).sort_index()], axis=1))
    notes = (*found.notes, *_keep(store, table))
    read_now = sum(not places[i].fault for i in new)
    return Index(root, table[list(COLUMNS)], source, notes, read_now)


def _table(films: pd.DataFrame) -> pd.DataFrame:
    """What was found and what headers said, with what file names say, sorted by path."""
    names = [path.rsplit("/", 1)[-1] for path in films["path"]]
    said = [identify(name) for name in names]
    films["file"] = names
    kinds = zip(said, films["label"], strict=True)
    films["kind"] = [name.kind or _KIND_OF.get(label, "unknown") for name, label in kinds]
    # A patient named by a table or by the DICOM header counts before what a file name seems to say.
    patient = films["told"].where(films["told"] != "", films["patient_id"])
    films["number"] = patient.where(patient != "", pd.Series([name.number for name in said], dtype=str))
    films["series"] = patient.where(patient != "", pd.Series([name.series for name in said], dtype=str))
    films = films.sort_values("path", ignore_index=True)
    films["patient"] = group_patients(films)
    return films


def _known(store: Path) -> pd.DataFrame:
    """What was kept last time, with the columns of _KEPT; no row if there is nothing."""
    try:
        return pd.read_feather(store)
    except (OSError, ValueError):
        return pd.DataFrame(columns=list(_KEPT))


def _equal(one: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> bool:
    """Whether two tables hold the same in these columns, row by row."""
    return all((one[column].to_numpy() == other[column].to_numpy()).all() for column in columns)


def _keep(store: Path, films: pd.DataFrame) -> list[str]:
    """Keeps what was read; files that could not be read at all are tried again next time.

    Returns a sentence where the disk takes nothing: the index is as good without.
    """
    kept = films.loc[~films["fault"].str.startswith(CANNOT_BE_READ), list(_KEPT)]
    try:
        with store_file(store, "what was read") as part:
            kept.reset_index(drop=True).to_feather(part)
    except WorkError as error:
        return [str(error)]
    return []
