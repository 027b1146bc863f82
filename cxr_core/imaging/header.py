"""Size, format and faults of an image file from its bytes and header, without decoding pixels."""

import hashlib
import io
import logging
import struct
import warnings
from pathlib import Path
from typing import TypedDict

from PIL import Image

from cxr_core.errors import UnusableFile
from cxr_core.imaging.decode import sniff
from cxr_core.imaging.jpeg import is_cut
from cxr_core.imaging.limits import MAX_BYTES, MAX_PIXELS, MIN_SIDE
from cxr_core.limits import read_bytes
from cxr_core.log import log_handled
from cxr_core.patient_key import pseudonym

_logger = logging.getLogger(__name__)

CANNOT_BE_READ = "cannot be read"
_GREY_MODES = ("L", "1", "I;16", "I", "LA", "F")
_ORIENTATION, _SIDEWAYS = 0x0112, (5, 6, 7, 8)


class Header(TypedDict):
    """width, height: pixels as displayed, 0 where unknown. colour: stored with colour channels.

    fault: "", or why the file is no film.

    patient_id: "" or, for DICOM, the patient's pseudonym: it links films of one patient without naming the patient.
    """

    width: int
    height: int
    format: str
    colour: bool
    sha256: str
    fault: str
    patient_id: str


def unread(fault: str) -> Header:
    """The header of a file that cannot be opened."""
    return Header(width=0, height=0, format="", colour=False, sha256="", fault=fault, patient_id="")


def read_header(file: Path, size: int) -> Header:
    """The header of one file of `size` bytes. Never raises for a file's content: `fault` gives the reason."""
    found = unread("")
    if size == 0:
        found["fault"] = "is empty"
        return found
    if size > MAX_BYTES:
        found["fault"] = f"is larger than {MAX_BYTES // 10**6} MB"
        return found
    try:
        data = read_bytes(file, MAX_BYTES)
    except UnusableFile as error:
        found["fault"] = error.problem
        return found
    found["sha256"] = hashlib.sha256(data).hexdigest()
    found["format"] = sniff(data[:132]) or ""
    if not found["format"]:
        found["fault"] = "is not an image"
        return found
    cut = _cut(data, found["format"])
    try:
        _dicom(data, found) if found["format"] == "DICOM" else _picture(data, found)
    except UnusableFile as error:
        found["fault"] = error.problem
        return found
    except Exception as error:  # each parser raises its own errors for damaged bytes
        log_handled(_logger, "a film's header cannot be read", error)
        found["fault"] = "is truncated" if cut else "is damaged: its header cannot be read"
        return found
    found["fault"] = "is truncated" if cut else _size_fault(found["width"], found["height"])
    return found


def _picture(data: bytes, found: Header) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(data), formats=(found["format"].upper(),))
    with image:
        found["width"], found["height"] = image.size
        found["colour"] = image.mode not in _GREY_MODES
        may_rotate = "exif" in image.info or found["format"] == "TIFF"
        if may_rotate and image.getexif().get(_ORIENTATION) in _SIDEWAYS:
            found["width"], found["height"] = image.size[::-1]


def _dicom(data: bytes, found: Header) -> None:
    from pydicom import dcmread

    from cxr_core.imaging.dicom.syntaxes import check_deflated

    check_deflated(data)
    wanted = ["Rows", "Columns", "PhotometricInterpretation", "PatientID", "PixelData"]
    tags = dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=wanted, force=True)
    found["width"], found["height"] = int(tags.get("Columns") or 0), int(tags.get("Rows") or 0)
    found["colour"] = not str(tags.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
    if patient := str(tags.get("PatientID") or "").strip():
        found["patient_id"] = pseudonym(patient)


def _size_fault(width: int, height: int) -> str:
    if not width or not height:
        return "holds no image"
    if width * height > MAX_PIXELS:
        return f"has {width:,} x {height:,} pixels, more than {MAX_PIXELS:,}"
    if min(width, height) < MIN_SIDE:
        return f"has {width} x {height} pixels, less than {MIN_SIDE} a side"
    return ""


def _cut(data: bytes, kind: str) -> bool:
    """Whether the end of the file is missing, by the format's own end marker."""
    if kind == "JPEG":
        return is_cut(data)
    if kind == "PNG":
        return b"IEND\xaeB`\x82" not in data  # the last chunk and its checksum; other data may follow
    if kind == "WebP":
        return len(data) < 12 or struct.unpack_from("<I", data, 4)[0] + 8 > len(data) + 1
    if kind == "BMP":
        return len(data) < 14 or struct.unpack_from("<I", data, 2)[0] > len(data)
    return False
