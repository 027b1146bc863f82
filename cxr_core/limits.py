"""What a file from outside may cost, in one place: bytes, ratio, entries, depth, columns, rows and seconds.

Every door uses these numbers: films, archives, arrays, networks and tables. A file is checked by what it declares
before it is read, and counted while it is read, as a declaration may be wrong. A file that is damaged or costs more
raises `UnusableFile` with the bare problem; the caller names the file.
"""

import csv
import io
import lzma
import os
import re
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cxr_core.errors import UnusableFile, reason_of
from cxr_core.languages import message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FILM_PIXELS = 100_000_000
FILM_MIN_SIDE = 16  # pixels
FILM_BYTES = 610_000_000  # a film's file: three samples of 16 bits for every pixel that is allowed, and a header
INFLATED_BYTES = 210_000_000  # a deflated DICOM file: one sample of 16 bits, and a header
FOLDER_DEPTH = 32  # folders below the one that was named
NAME_BYTES = 255  # of one part of a path, as most file systems have it
TABLE_BYTES = 1_000_000_000
TABLE_ROWS = 1_000_000
TABLE_COLUMNS = 1_000
TABLE_HEADER_CHARACTERS = 1_000_000
NETWORK_SECONDS = 20  # without an answer from a server
MEASUREMENT_SECONDS = 240  # for timing a few steps of a recipe
FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins so is a formula to a spreadsheet; `tables.py` guards it."""

_CHUNK_BYTES = 1 << 20
_GUARD = re.compile(r"^'(?='*[=+\-@\t\r])")


@dataclass(frozen=True)
class ArchiveLimits:
    """What a zip may hold. A `.npz` and a `.keras` file are zips as well.

    unpacked: bytes of all entries together. ratio: of unpacked to packed bytes, of all entries together; films reach
    little more than 1, text about 20, a bomb 1,000. any_ratio: bytes up to which the ratio does not matter.
    entries: files. directory: bytes of the list of entries, which is read first and whole.
    """

    unpacked: int
    ratio: int
    any_ratio: int
    entries: int
    directory: int


DATA_SET = ArchiveLimits(2_000_000_000_000, 20, 200_000_000, 500_000, 200_000_000)
DROPPED = ArchiveLimits(4_000_000_000, 20, 200_000_000, 40_000, 4_000_000)
NETWORK = ArchiveLimits(4_000_000_000, 20, 20_000_000, 1_000, 1_000_000)
ARRAYS = ArchiveLimits(8_000_000_000, 20, 20_000_000, 10_000, 4_000_000)

DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
    *(csv.Error, EOFError, ValueError, TypeError, KeyError, IndexError, SyntaxError, OverflowError, RecursionError),
    *(NotImplementedError, RuntimeError, MemoryError),
)
"""What the readers of zips and arrays raise on damaged bytes, beside OSError."""


def check_regular(path: Path) -> os.stat_result:
    """The status of a regular file. Raises UnusableFile for anything else: reading a pipe or a device may never end."""
    try:
        status = path.stat()
    except OSError as error:
        raise UnusableFile(f"cannot be read: {reason_of(error)}") from error
    except ValueError as error:  # a zero byte in the path
        raise UnusableFile("cannot be read: not a valid path") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnusableFile("is a folder" if stat.S_ISDIR(status.st_mode) else "is not a regular file")
    return status


def read_bytes(path: Path, most: int = FILM_BYTES) -> bytes:
    """A regular file's bytes. Raises UnusableFile if it is none, cannot be read or has more than `most` bytes."""
    size = check_regular(path).st_size
    try:
        with path.open("rb") as file:
            data = file.read(min(size, most) + 1)  # not more: Python reserves what is asked for
            if size < len(data) <= most:  # it grew meanwhile, or declares no size, like those of /proc
                data += file.read(most + 1 - len(data))
    except OSError as error:
        raise UnusableFile(f"cannot be read: {reason_of(error)}") from error
    if len(data) > most:
        raise UnusableFile(f"{max(size, len(data)):,} bytes, more than the limit of {most:,} bytes")
    return data


def check_inflated(deflated: bytes, most: int = INFLATED_BYTES) -> None:
    """Raises UnusableFile if raw deflate data (RFC 1951) unpack to more than `most` bytes; holds a chunk at a time.

    Raises zlib.error for damaged data.
    """
    inflater, done = zlib.decompressobj(-zlib.MAX_WBITS), 0
    chunk = inflater.decompress(deflated, _CHUNK_BYTES)
    while chunk:
        done += len(chunk)
        if done > most:
            raise UnusableFile(message("unpacks to more than the limit of {limit} bytes", limit=most))
        chunk = inflater.decompress(inflater.unconsumed_tail, _CHUNK_BYTES)


def open_zip(file: Path | IO[bytes], limits: ArchiveLimits) -> zipfile.ZipFile:
    """A zip whose entries together stay within the limits, by what they declare. Raises UnusableFile.

    Python's zipfile gives no more bytes of an entry than it declares, so what holds here holds while it is read.
    """
    try:
        _check_directory(file, limits)
        packed = zipfile.ZipFile(file)
    except UnusableFile:
        raise
    except OSError as error:
        raise UnusableFile(message("cannot be read ({reason})", reason=reason_of(error))) from error
    except UnicodeDecodeError as error:
        raise UnusableFile(message("its names are not in UTF-8 although it says so")) from error
    except DAMAGED as error:
        raise UnusableFile(message("a damaged or incomplete archive")) from error
    try:
        check_entries(packed.infolist(), limits)
    except UnusableFile:
        packed.close()
        raise
    return packed


def check_entries(entries: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    """Raises UnusableFile if a zip's entries are too many or unpack to too much, together or by their ratio."""
    if len(entries) > limits.entries:
        files = message("{count} files, more than the limit of {limit}", count=len(entries), limit=limits.entries)
        raise UnusableFile(files)
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    about = {"size": unpacked, "packed": packed, "limit": limits.unpacked, "ratio": limits.ratio}
    if unpacked > limits.unpacked:
        raise UnusableFile(message("would unpack to {size} bytes, more than the limit of {limit}", **about))
    if unpacked > max(limits.any_ratio, limits.ratio * packed):
        times = message("would unpack to {size} bytes from {packed}, more than {ratio} times as many", **about)
        raise UnusableFile(times)


def check_entry_path(name: str) -> None:
    """Raises UnusableFile for an entry's path that no file system takes: too deep, or a part too long."""
    parts = name.replace("\\", "/").split("/")
    if len(parts) > FOLDER_DEPTH:
        raise UnusableFile(f"has a file in {len(parts) - 1:,} folders, more than the limit of {FOLDER_DEPTH - 1}")
    if any(len(part.encode("utf-8", "replace")) > NAME_BYTES for part in parts):
        raise UnusableFile(f"has a name that is longer than the {NAME_BYTES} bytes that a file name may have")


def read_arrays(path: Path) -> "dict[str, np.ndarray]":
    """The arrays of a `.npz` file, no Python objects among them. Raises UnusableFile."""
    import numpy as np

    check_regular(path)
    with open_zip(path, ARRAYS):
        pass
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except OSError as error:
        raise UnusableFile(f"cannot be read ({reason_of(error)})") from error
    except DAMAGED as error:
        raise UnusableFile("a damaged or incomplete file of arrays") from error


def check_network_file(path: Path) -> None:
    """Raises UnusableFile if a `.keras` file is none, or its entries or its weights unpack to too much.

    The weights are an HDF5 file inside the zip, with compression of its own: their declared shapes are added up.
    """
    import h5py

    check_regular(path)
    try:
        with open_zip(path, NETWORK) as packed, packed.open("model.weights.h5") as stream, h5py.File(stream) as weights:
            sizes: list[int] = []

            def add(_: str, item: object) -> None:
                if isinstance(item, h5py.Dataset):
                    sizes.append(int(item.size or 0) * item.dtype.itemsize)

            weights.visititems(add)
    except UnusableFile:
        raise
    except (OSError, *DAMAGED) as error:
        raise UnusableFile("a damaged network file") from error
    if sum(sizes) > max(NETWORK.any_ratio, NETWORK.ratio * path.stat().st_size):
        raise UnusableFile(f"declares weights of {sum(sizes):,} bytes in a file of {path.stat().st_size:,}")


def read_table(path: Path, rows: int = TABLE_ROWS) -> "pd.DataFrame":
    """A CSV file as text, its header in lower case without spaces around the names; "" where a value is missing.

    Guards against formulas (`tables.py`) are removed.

    Raises UnusableFile if it is no regular file, no table, or has too many bytes, columns or rows.
    """
    import pandas as pd

    size = check_regular(path).st_size
    if size > TABLE_BYTES:
        raise UnusableFile(f"{size:,} bytes, more than the limit of {TABLE_BYTES:,} bytes")
    try:
        _check_columns(path)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=rows + 1, encoding="utf-8-sig")
    except UnusableFile:
        raise
    except pd.errors.EmptyDataError as error:
        raise UnusableFile("not a readable table (it is empty)") from error
    except pd.errors.ParserError as error:
        reason = "a row has more values than the first one has names, or a quotation mark is not closed"
        raise UnusableFile(f"not a readable table ({reason})") from error
    except (OSError, *DAMAGED) as error:
        raise UnusableFile(message("not a readable table ({reason})", reason=reason_of(error))) from error
    if len(table) > rows:
        raise UnusableFile(message("more than {count} rows", count=rows))
    table.columns = table.columns.str.strip().str.lower()
    return without_guards(table)


def without_guards(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with its text as it was before `tables.py` guarded it."""
    text: list[str] = list(table.select_dtypes("str"))
    return table.assign(**{name: table[name].str.replace(_GUARD, "", regex=True) for name in text})


def _check_columns(path: Path) -> None:
    """Raises UnusableFile if the header of a table is too long, or its first row longer than the header.

    pandas would take the values that have no name for an index. A value in quotes may hold line ends.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.read(TABLE_HEADER_CHARACTERS)
    rows = csv.reader(io.StringIO(head, newline=""))
    columns, values = len(next(rows, [])), len(next(rows, []))
    cut = len(head) == TABLE_HEADER_CHARACTERS and next(rows, None) is None
    if columns > TABLE_COLUMNS or cut:
        raise UnusableFile(message("more than {count} columns", count=TABLE_COLUMNS))
    if values > columns:
        row = message("{values} values in its first row, {columns} columns", values=values, columns=columns)
        raise UnusableFile(message("not a readable table ({reason})", reason=row))


def walk_files(folder: Path) -> Iterator[Path]:
    """The regular files in a folder and at most FOLDER_DEPTH folders below, sorted; links to folders are not followed.

    A folder that cannot be listed is passed over.
    """
    waiting = [(folder, 0)]
    while waiting:
        parent, depth = waiting.pop()
        try:
            with os.scandir(parent) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        yield from (parent / entry.name for entry in inside if entry.is_file())
        if depth < FOLDER_DEPTH:
            folders = [entry for entry in inside if entry.is_dir(follow_symlinks=False)]
            waiting += [(parent / entry.name, depth + 1) for entry in reversed(folders)]


def _check_directory(file: Path | IO[bytes], limits: ArchiveLimits) -> None:
    """Raises UnusableFile if a zip's list of entries, which zipfile reads at once, is too large."""
    if isinstance(file, Path):
        with file.open("rb") as opened:
            _check_directory(opened, limits)
        return
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 66_000))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise UnusableFile(message("a damaged or incomplete archive"))
    (size,) = struct.unpack_from("<I", tail, at + 12)
    if size == 0xFFFFFFFF:  # ZIP64: the size is in a record of its own, 20 bytes of which lie right before this one
        size = 0
        if (record := tail.rfind(b"PK\x06\x06", 0, at)) >= 0 and record + 48 <= len(tail):
            (size,) = struct.unpack_from("<Q", tail, record + 40)
    if size > limits.directory:
        raise UnusableFile(message("a zip of too many files (its list has {size} bytes)", size=size))
