"""Bytes or a path become one grey film. The content decides the format, never the extension.

All decoders are called from here, and here their failures become `UnreadableFilm`.
"""

import hashlib
import logging
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxr_core.errors import UnreadableFilm, reason_of
from cxr_core.imaging import raster
from cxr_core.imaging.file_faults import fault_of
from cxr_core.imaging.film import Film
from cxr_core.imaging.limits import MAX_BYTES, MAX_PIXELS, MIN_SIDE
from cxr_core.languages import counted, message
from cxr_core.log import log_handled

_logger = logging.getLogger(__name__)

__all__ = ["ACCEPTED", "MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "decode_film", "read_film", "sniff"]

ACCEPTED = message("JPEG, PNG, TIFF, BMP, WebP and DICOM")

# A data set without the preamble of PS3.10 7.1 starts with its lowest tag, in group 0002 or 0008: the tag, then a VR
# in capitals (explicit) or a short 32-bit length (implicit); big endian is always explicit.
_BARE_DICOM = re.compile(rb"[\x02\x08]\x00.\x00(?:[A-Z]{2}|..\x00\x00)|\x00\x08\x00.[A-Z]{2}", re.DOTALL)

_SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "TIFF": re.compile(rb"II[*+]\x00|MM\x00[*+]"),
    "BMP": re.compile(rb"BM.{4}\x00{4}", re.DOTALL),
    "WebP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "DICOM": _BARE_DICOM,
}

# Unsupported formats that are common, so that the refusal can name them.
_UNSUPPORTED = {
    message("a GIF image"): re.compile(rb"GIF8"),
    message("a PDF document"): re.compile(rb"%PDF"),
    message("a ZIP archive"): re.compile(rb"PK\x03\x04"),
    message("a PNG image that was damaged in a transfer as text"): re.compile(rb"[\x89\x09]PNG"),
    message("a HEIF image"): re.compile(rb"....ftyp(?:hei|mif|avif)", re.DOTALL),
    message("a bare JPEG 2000 image"): re.compile(rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51"),
}
_NO_IMAGE = message("not an image")


def sniff(head: bytes) -> str | None:
    """The format of a file by its first bytes (132 or more): a name in `ACCEPTED`, or None."""
    if head[128:132] == b"DICM":  # first, since a DICOM preamble may itself look like a TIFF (PS3.10 7.1)
        return "DICOM"
    return next((name for name, signature in _SIGNATURES.items() if signature.match(head)), None)


def read_film(path: Path | str) -> Film:
    """Read one file; its size is checked before its content is read.

    Raises `UnreadableFilm` when the file cannot be opened, and where `decode_film` does.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
            raise _refusal(path.name or str(path), "a folder" if path.is_dir() else "not a regular file")
        if status.st_size > MAX_BYTES:
            raise _refusal(path.name, _too_large(status.st_size))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refusal(path.name or str(path), "no such file") from None
    except PermissionError:
        raise _refusal(path.name, "no permission to read it") from None
    except OSError as error:
        raise _refusal(path.name, f"cannot be read ({reason_of(error)})") from None
    except UnreadableFilm:
        raise
    except ValueError:  # a zero byte in the path
        raise _refusal(path.name, "not a valid path") from None
    return decode_film(data, path.name)


def decode_film(data: bytes, name: str) -> Film:
    """One grey film, `uint8 (H, W)`, bone white, from a file's bytes; `name` is the file's name.

    Raises `UnreadableFilm`, and nothing else for any bytes: when they are empty, of no accepted format, truncated or
    damaged, above `MAX_BYTES` or `MAX_PIXELS`, below `MIN_SIDE` on a side, or not a single image.
    """
    name = Path(name).name or name
    if not data:
        raise _refusal(name, message("an empty file (0 bytes)"))
    if len(data) > MAX_BYTES:
        raise _refusal(name, _too_large(len(data)))
    kind = sniff(data[:132])
    if kind is None:
        other = next((what for what, signature in _UNSUPPORTED.items() if signature.match(data)), _NO_IMAGE)
        raise _refusal(name, counted("{what} ({count} byte)", "{what} ({count} bytes)", len(data), what=other))
    try:
        with _quiet():
            if kind == "DICOM":
                from cxr_core.imaging.dicom import reader as dicom  # pydicom takes half a second to import

                pixels, source = dicom.decode(data)
            else:
                pixels, source = raster.decode(data, kind)
            return Film(pixels, name, hashlib.sha256(data).hexdigest(), source)
    except UnreadableFilm as error:
        raise _refusal(name, error.problem) from None
    except MemoryError:
        raise _refusal(name, message("a {kind} image that does not fit into memory", kind=kind)) from None
    except Exception as error:  # each decoder raises its own errors for damaged bytes; all are handled here
        log_handled(_logger, "a film cannot be decoded", error)
        with _quiet():
            fault = fault_of(data, kind)
        raise _refusal(name, fault) from error


def _too_large(size: int) -> str:
    return message("{size} bytes, more than the limit of {limit} bytes", size=size, limit=MAX_BYTES)


def _refusal(name: str, reason: str) -> UnreadableFilm:
    printable = "".join(letter if letter.isprintable() else "?" for letter in name)
    return UnreadableFilm(reason, thing=printable, accepted=message("accepted are {formats}", formats=ACCEPTED))


_quiet_lock = threading.Lock()
_quiet_threads = 0
_quiet_saved = warnings.catch_warnings()


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings while any thread decodes: the film's steps or the refusal report what matters.

    `catch_warnings` alone may leave the filters changed when threads overlap. Here the first thread to enter saves them
    and the last thread to leave restores them.
    """
    global _quiet_threads, _quiet_saved
    with _quiet_lock:
        _quiet_threads += 1
        if _quiet_threads == 1:
            _quiet_saved = warnings.catch_warnings()
            _quiet_saved.__enter__()
            warnings.simplefilter("ignore")
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_threads -= 1
            if _quiet_threads == 0:
                _quiet_saved.__exit__(None, None, None)
