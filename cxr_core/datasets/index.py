"""The index of a data set: a table with one row per film, read from headers and bytes without decoding pixels.

The result is cached under `CXR_HOME`; indexing again reads only the files whose size or modification time changed.
"""

import hashlib
import io
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.archives import ARCHIVE_SUFFIXES, unpack
from cxr_core.datasets.folder_layout import FoundFiles, find_files, find_root
from cxr_core.datasets.kermany_names import identify
from cxr_core.datasets.manifest import read_data_set_table
from cxr_core.datasets.patients import group_patients
from cxr_core.errors import DataSetError, WorkError
from cxr_core.files import read_sealed, seal, store_file
from cxr_core.imaging.header import CANNOT_BE_READ, Header, read_header, unread
from cxr_core.labels import NORMAL, OTHER
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_logger = logging.getLogger(__name__)

COLUMNS = (
    *("path", "file", "split", "label", "kind", "number", "series", "patient", "bytes", "modified"),
    *("width", "height", "format", "colour", "sha256", "fault"),
    *("source", "age", "sex", "view"),
)
_HEADER = tuple(Header.__annotations__)
_CACHED = tuple(dict.fromkeys((*COLUMNS, "given_patient", *_HEADER)))
_CACHE_VERSION = 6  # raise it when the columns, `read_header`, `identify` or `group_patients` change
_REPORT_EVERY = 50  # files
_LARGE_BYTES = 100_000  # reading and hashing a smaller file takes less time than handing it to a thread
_KIND_OF = {NORMAL: "normal", OTHER: "other"}
_GIVEN = ("given_patient", "source", "age", "sex", "view")  # by a table, beside split and label


@dataclass(frozen=True, eq=False)
class Index:
    """A data set and its films.

    root: the folder that paths are relative to. films: one row per file, sorted by path, with the columns of COLUMNS.
    source: the folder or table to give to `build_index` to open the data set again. notes: for the user, on everything
    that was ignored. files_read: how many files were read; the others were in the cache.
    parts: of an index of several data sets, the index of each, see `sources.merged`. decisions: a sentence on the films
    that people excluded or relabelled, see `curation.curated`; "" for the data set as it is.
    """

    root: Path
    films: pd.DataFrame
    source: Path
    notes: tuple[str, ...] = ()
    files_read: int = 0
    parts: tuple["Index", ...] = ()
    decisions: str = ""

    @property
    def readable(self) -> pd.DataFrame:
        """The rows of `films` without a fault."""
        return self.films[self.films["fault"] == ""]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of paths and contents, as hex: the same films have the same fingerprint on every machine."""
        lines = (self.films["path"] + " " + self.films["sha256"]).sort_values()
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def build_index(source: Path | str | Sequence[Path | str], progress: Progress | None = None) -> Index:
    """The index of a folder in the Kaggle layout, of a `.zip` or MedMNIST `.npz` of films, or of a `.csv` table.

    Several data sets are several sources of one, see `sources.merged`.

    progress: counts files, or what `unpack` counts. A file that cannot be used gets a row with its `fault`. Raises
    DataSetError if `source` is not a data set or holds no file.
    """
    if not isinstance(source, Path | str):
        from cxr_core.datasets.sources import merged

        return merged([build_index(one, progress) for one in source])
    path = Path(source).expanduser()
    kind = path.suffix.lower()
    if kind == ".csv" and not path.is_dir():
        table = path.resolve()
        return _index_files(table.parent, table, read_data_set_table(table), progress)
    if kind in ARCHIVE_SUFFIXES and not path.is_dir():
        path = unpack(path, progress)
    root = find_root(path).resolve()
    found = find_files(root)
    if not found.files:
        raise DataSetError("its class folders are empty", thing=root, accepted="put films into NORMAL/ and PNEUMONIA/")
    return _index_files(root, root, found, progress)


def _index_files(root: Path, source: Path, found: FoundFiles, progress: Progress | None) -> Index:
    """The index of the files; only those are read whose size or modification time differs from the cache."""
    files = found.files
    cache = cache_folder("index") / f"{hashlib.sha256(str(source).encode()).hexdigest()[:16]}-{_CACHE_VERSION}.feather"
    films = pd.DataFrame(files, columns=["path", "split", "label", "bytes", "modified", "open_fault", *_GIVEN])
    films["source"] = films["source"].where(films["source"] != "", root.name)
    cached = _read_cache(cache)
    cached_row = pd.Index(cached["path"]).get_indexer(films["path"])
    same = cached_row >= 0
    for column in ("bytes", "modified"):
        same[same] = cached[column].to_numpy()[cached_row[same]] == films[column].to_numpy()[same]
    new = np.flatnonzero(~same)
    columns = ["split", "label", *_GIVEN]
    if not len(new) and len(cached) == len(files) and _equal(films, cached.iloc[cached_row], columns):
        return Index(root, cached[list(COLUMNS)], source, tuple(found.notes))

    def read(i: int) -> Header:
        return unread(files[i].fault) if files[i].fault else read_header(root / files[i].path, files[i].size)

    headers: list[Header] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {i: pool.submit(read, i) for i in new.tolist() if files[i].size >= _LARGE_BYTES}
        for done, i in enumerate(new.tolist(), start=1):
            headers.append(waiting.pop(i).result() if i in waiting else read(i))
            if progress and (done % _REPORT_EVERY == 0 or done == len(new)):
                progress(done, len(new))
    parts = [cached[list(_HEADER)].iloc[cached_row[same]].set_axis(np.flatnonzero(same))] if same.any() else []
    parts += [pd.DataFrame(headers, columns=list(_HEADER), index=new)] if len(new) else []
    table = _table(pd.concat([films, pd.concat(parts).sort_index()], axis=1))
    notes = (*found.notes, *_write_cache(cache, table))
    files_read = sum(not files[i].fault for i in new)
    _logger.info("indexed %d files, %d of them read", len(files), files_read)
    return Index(root, table[list(COLUMNS)], source, notes, files_read)


def _table(films: pd.DataFrame) -> pd.DataFrame:
    """The found files with their headers, completed by kind, number, series and patient, and sorted by path."""
    files = [path.rsplit("/", 1)[-1] for path in films["path"]]
    names = [identify(file) for file in files]
    films["file"] = files
    kinds = zip(names, films["label"], strict=True)
    films["kind"] = [name.kind or _KIND_OF.get(label, "unknown") for name, label in kinds]
    # A patient given by a table or by the DICOM header has priority over the number in the file name.
    patient = films["given_patient"].where(films["given_patient"] != "", films["patient_id"])
    films["number"] = patient.where(patient != "", pd.Series([name.number for name in names], dtype=str))
    films["series"] = patient.where(patient != "", pd.Series([name.series for name in names], dtype=str))
    films = films.sort_values("path", ignore_index=True)
    films["patient"] = group_patients(films)
    return films


def _read_cache(cache: Path) -> pd.DataFrame:
    """The cached table with the columns of _CACHED; empty if there is none or it cannot be read."""
    content = read_sealed(cache)
    return pd.DataFrame(columns=list(_CACHED)) if content is None else pd.read_feather(io.BytesIO(content))


def _equal(one: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> bool:
    """Whether two tables have the same values in these columns, row by row."""
    return all((one[column].to_numpy() == other[column].to_numpy()).all() for column in columns)


def _write_cache(cache: Path, films: pd.DataFrame) -> list[str]:
    """Caches the table, without the files that could not be read at all: these are tried again next time.

    Returns a note if the cache cannot be written; the index is complete without it.
    """
    cached = films.loc[~films["fault"].str.startswith(CANNOT_BE_READ), list(_CACHED)]
    try:
        with store_file(cache, "the index") as part:
            cached.reset_index(drop=True).to_feather(part)
            seal(part)
    except WorkError as error:
        return [str(error)]
    return []
