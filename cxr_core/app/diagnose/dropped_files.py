"""The files a user dropped on the page; a zip counts as its files, each unpacked in memory when it is read."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from cxr_core.datasets.zip_entries import entry_paths, unsupported_method
from cxr_core.errors import UnreadableFilm, UnusableFile
from cxr_core.imaging.limits import MAX_BYTES
from cxr_core.languages import message
from cxr_core.limits import DAMAGED, DROPPED, open_zip

MAX_FILES = 500
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SYSTEM_FILES = re.compile(r"(^|/)(__MACOSX/|\.(?!\.)|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_END = b"PK\x05\x06"


@dataclass(frozen=True)
class DroppedFile:
    """A dropped file, or a file inside a dropped zip.

    key: unique in the session. name: of the file, without folders. data: the file's bytes; for a file inside a zip,
    the zip's bytes. member: index of the file in the zip, or None.
    """

    key: str
    name: str
    data: bytes
    member: int | None = None

    def read(self) -> bytes:
        """The file's own bytes, at most MAX_BYTES. Raises UnreadableFilm if they cannot be unpacked."""
        if self.member is None:
            return self.data
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                info = archive.infolist()[self.member]
                if info.flag_bits & 1:
                    raise _refusal(self.name, message("is encrypted with a password"))
                if method := unsupported_method(info, METHODS):
                    raise _refusal(
                        self.name,
                        message("is compressed with {method}; it is not supported, unpack it yourself", method=method),
                    )
                if info.file_size > MAX_BYTES:
                    raise _refusal(
                        self.name,
                        message(
                            "{size} bytes, more than the limit of {limit} bytes", size=info.file_size, limit=MAX_BYTES
                        ),
                    )
                with archive.open(info) as stream:
                    data = stream.read(MAX_BYTES)
        except UnreadableFilm:
            raise
        except (OSError, *DAMAGED):
            raise _refusal(self.name, message("is damaged inside the zip")) from None
        if is_zip(data):
            raise _refusal(self.name, message("is a zip inside a zip, which is not opened"))
        return data


def unpack(files: Sequence[DroppedFile]) -> tuple[list[DroppedFile], list[UnreadableFilm]]:
    """Every zip replaced by its files, at most MAX_FILES in all; and an error for each file that was left out."""
    found: list[DroppedFile] = []
    errors: list[UnreadableFilm] = []
    for file in files:
        try:
            found += _members(file) if is_zip(file.data) else [file]
        except UnreadableFilm as error:
            errors.append(error)
    if len(found) > MAX_FILES:
        errors.append(
            UnreadableFilm(message("{found} files: only the first {read} are read.", found=len(found), read=MAX_FILES))
        )
    return found[:MAX_FILES], errors


def file_name(path: str) -> str:
    """The last part of a path, with either kind of slash; folders, also `..`, are dropped."""
    return re.split(r"[/\\]", path)[-1] or "unnamed"


def _members(file: DroppedFile) -> list[DroppedFile]:
    """The files of a zip, without folders and the files that operating systems add."""
    try:
        with open_zip(io.BytesIO(file.data), DROPPED) as archive:
            entries = archive.infolist()
    except UnusableFile as error:
        raise _refusal(file.name, message("a zip that cannot be opened: {problem}", problem=error.problem)) from None
    films = [
        DroppedFile(f"{file.key}/{number}", file_name(path), file.data, number)
        for number, path in enumerate(entry_paths(entries))
        if not path.endswith("/") and not _SYSTEM_FILES.search(path)
    ]
    if not films:
        raise _refusal(file.name, message("a zip without files"))
    return films


def is_zip(data: bytes) -> bool:
    """Whether a file's bytes are those of a zip."""
    return data[:4] in (b"PK\x03\x04", _END)


def _refusal(name: str, reason: str) -> UnreadableFilm:
    printable = "".join(letter if letter.isprintable() else "?" for letter in name)
    return UnreadableFilm(reason, thing=printable, accepted=message("accepted are films, and zips of films"))
