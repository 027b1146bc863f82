"""What was dropped: files, and the files in a zip, each read from memory when its turn comes and never from disk."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import MAX_BYTES

MAX_FILES = 500
MAX_UNPACKED = 4_000_000_000  # declared bytes of all files of a zip together
MAX_DIRECTORY = 4_000_000  # bytes of a zip's list of files; about 40,000 names
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.(?!\.)|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_END = b"PK\x05\x06"


@dataclass(frozen=True)
class Dropped:
    """A file as it came, or a file inside a zip that came.

    key: tells it from every other of the session. name: its own, without folders. data: the file's bytes, or the
    zip's, in which `member` is its place.
    """

    key: str
    name: str
    data: bytes
    member: int | None = None

    def read(self) -> bytes:
        """The file's own bytes, never more than MAX_BYTES. Raises UnreadableFilm if they cannot be unpacked."""
        if self.member is None:
            return self.data
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                info = archive.infolist()[self.member]
                if info.flag_bits & 1:
                    raise _refusal(self.name, "is locked with a password")
                if info.compress_type not in METHODS:
                    raise _refusal(self.name, "is packed in a way that is not supported")
                if info.file_size > MAX_BYTES:
                    raise _refusal(self.name, f"{info.file_size:,} bytes, more than the limit of {MAX_BYTES:,} bytes")
                with archive.open(info) as stream:
                    data = stream.read(MAX_BYTES)
        except UnreadableFilm:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
            raise _refusal(self.name, "is damaged inside the zip") from None
        if _is_zip(data):
            raise _refusal(self.name, "is a zip inside a zip, which is not opened")
        return data


def unpack(files: Sequence[Dropped]) -> tuple[list[Dropped], list[str]]:
    """Every zip replaced by its files; at most MAX_FILES. And a sentence for each thing that was left out."""
    found: list[Dropped] = []
    refused: list[str] = []
    for file in files:
        try:
            found += _members(file) if _is_zip(file.data) else [file]
        except UnreadableFilm as error:
            refused.append(str(error))
    if len(found) > MAX_FILES:
        refused.append(f"{len(found):,} files: at most {MAX_FILES} are read at a time; the first {MAX_FILES} are.")
    return found[:MAX_FILES], refused


def _members(file: Dropped) -> list[Dropped]:
    """The files of a zip. Folders and the litter that systems leave in zips are passed over."""
    _check_directory(file)
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, struct.error):
        raise _refusal(file.name, "a zip that is truncated or damaged") from None
    declared = sum(entry.file_size for entry in entries)
    if declared > MAX_UNPACKED:
        raise _refusal(file.name, f"a zip that unpacks to {declared:,} bytes, more than {MAX_UNPACKED:,}")
    films = [
        Dropped(f"{file.key}/{place}", own_name(entry.filename), file.data, place)
        for place, entry in enumerate(entries)
        if not entry.is_dir() and not _LITTER.search(entry.filename)
    ]
    if not films:
        raise _refusal(file.name, "a zip without files")
    return films


def _check_directory(file: Dropped) -> None:
    """Raises UnreadableFilm if the zip's list of files would take long to read, before it is read."""
    end = file.data.rfind(_END, max(0, len(file.data) - 66_000))
    if end < 0 or len(file.data) < end + 22:
        raise _refusal(file.name, "a zip that is truncated or damaged")
    (size,) = struct.unpack_from("<I", file.data, end + 12)
    if size > MAX_DIRECTORY:
        raise _refusal(file.name, f"a zip of too many files; at most {MAX_FILES} are read at a time")


def own_name(path: str) -> str:
    """The last part of a path in a zip or a folder, however it is written; `../` leads nowhere."""
    return re.split(r"[/\\]", path)[-1] or "unnamed"


def _is_zip(data: bytes) -> bool:
    return data[:4] in (b"PK\x03\x04", _END)


def _refusal(name: str, reason: str) -> UnreadableFilm:
    printable = "".join(letter if letter.isprintable() else "?" for letter in name)
    return UnreadableFilm(f"{printable}: {reason}; accepted are films, and zips of films.")
