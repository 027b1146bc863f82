"""A DICOM file becomes grey pixels and its provenance (PS3.3, PS3.5, PS3.10)."""

import io
import logging
import zlib

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.filereader import read_dataset
from pydicom.pixels import apply_color_lut, pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.dicom_display import grey
from cxr_core.imaging.dicom_fields import technical_fields
from cxr_core.imaging.film import Provenance
from cxr_core.imaging.raster import MAX_BYTES, bits_used, check_size, luminance, scale_to_8_bits

# pydicom logs what it also raises or warns of; the refusal or the film's steps report what matters.
logging.getLogger("pydicom").propagate = False


def decode(data: bytes) -> tuple[np.ndarray, Provenance]:
    """Grey pixels `uint8 (H, W)`, bone white, and their provenance.

    Raises `UnreadableFilm` with the bare reason, or whatever pydicom raises on damaged bytes.
    """
    ds = _dataset(data)
    _check_header(ds)
    _check_codestream(ds)
    stored = pixel_array(ds)  # converts YBR to RGB
    steps: list[str] = []
    if stored.ndim == 2 and ds.PhotometricInterpretation != "PALETTE COLOR":
        pixels, colour = grey(stored, ds, steps), False
    else:
        pixels, colour = _from_colour(stored, ds, steps)
    height, width = pixels.shape
    header = technical_fields(ds)
    return pixels, Provenance("DICOM", width, height, int(ds.BitsStored), colour, tuple(steps), header)


def _dataset(data: bytes) -> Dataset:
    """The parsed file, with or without the preamble of PS3.10 7.1, its transfer syntax known."""
    file = io.BytesIO(data)
    file.seek(132 if data[128:132] == b"DICM" else 0)
    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:  # PS3.5 A.5; pydicom inflates without a limit
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(), MAX_BYTES + 1)
        if len(inflated) > MAX_BYTES:
            raise UnreadableFilm(f"a deflated DICOM file of more than {MAX_BYTES:,} bytes")
    ds = dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in ds.file_meta:
        implicit, little = ds.original_encoding
        guess = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = guess
    return ds


def _check_header(ds: Dataset) -> None:
    """Raise `UnreadableFilm` unless the header describes one grey or colour image of an accepted size."""
    if "FloatPixelData" in ds or "DoubleFloatPixelData" in ds:
        raise UnreadableFilm("a DICOM file with floating-point pixels, whose scale is unknown")
    if "Rows" not in ds or "Columns" not in ds:
        kind = UID(str(ds.get("SOPClassUID") or ds.file_meta.get("MediaStorageSOPClassUID") or "")).name
        raise UnreadableFilm(f"a DICOM file without an image ({kind})" if kind else "a DICOM file without an image")
    check_size(_integer(ds, "Columns"), _integer(ds, "Rows"))
    if (frames := _integer(ds, "NumberOfFrames", 1)) > 1:
        raise UnreadableFilm(f"a DICOM file of {frames:,} frames, where a film has one")
    allocated, stored = _integer(ds, "BitsAllocated"), _integer(ds, "BitsStored")
    if allocated not in (8, 16) or not 1 <= stored <= allocated or _integer(ds, "SamplesPerPixel", 1) not in (1, 3):
        raise UnreadableFilm(
            f"a DICOM image of {stored} bits in {allocated}, where 8 to 16 bits, grey or RGB, are read"
        )
    if "PixelData" not in ds:
        raise UnreadableFilm("a DICOM file whose pixel data are missing or cut short")


def _integer(ds: Dataset, keyword: str, default: int | None = None) -> int:
    value = ds.get(keyword)
    if value is None and default is not None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise UnreadableFilm(f"a DICOM image without a valid {keyword}") from None


def _check_codestream(ds: Dataset) -> None:
    """Compare a compressed frame with the header (PS3.5 8.2): its decoder allocates memory by the frame's own size."""
    syntax = ds.file_meta.TransferSyntaxUID
    if not syntax.is_compressed or syntax == DeflatedExplicitVRLittleEndian:
        return
    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    columns, rows = int(ds.Columns), int(ds.Rows)
    if syntax == RLELossless:
        # Run-length coding adds at most a byte in 128 (PS3.5 G.3.1); far more would keep the decoder busy for minutes.
        if len(frame) > 2 * columns * rows * int(ds.SamplesPerPixel) * int(ds.BitsAllocated) // 8 + 1024:
            raise UnreadableFilm("a DICOM file with more run-length data than its image can hold")
        return
    size = _j2k_size(frame) if frame.startswith((b"\xff\x4f", b"\x00\x00\x00\x0cjP")) else _jpeg_size(frame)
    if size != (columns, rows):
        raise UnreadableFilm(f"a DICOM file whose compressed image is not {columns:,} x {rows:,} as its header says")
    if b"\xff\xd9" not in frame[-16:]:  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000
        raise UnreadableFilm("a DICOM file whose compressed image is cut short")


def _jpeg_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height by the frame header of JPEG (ISO 10918-1 B.2.2) or JPEG-LS (SOF55), None without one."""
    at = 2
    while at + 9 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return int.from_bytes(frame[at + 7 : at + 9]), int.from_bytes(frame[at + 5 : at + 7])
        at += 2 + int.from_bytes(frame[at + 2 : at + 4])
    return None


def _j2k_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height by the SIZ segment of a JPEG 2000 codestream (ISO 15444-1 A.5.1), None without one."""
    at = frame.find(b"\xff\x4f\xff\x51")
    if at < 0:
        return None
    right, bottom, left, top = (int.from_bytes(frame[at + 8 + i : at + 12 + i]) for i in (0, 4, 8, 12))
    return right - left, bottom - top


def _from_colour(stored: np.ndarray, ds: Dataset, steps: list[str]) -> tuple[np.ndarray, bool]:
    """RGB `(H, W, 3)` or palette indices `(H, W)` as luminance `uint8 (H, W)`, and whether it has colour."""
    bits = int(ds.BitsStored)
    if ds.PhotometricInterpretation == "PALETTE COLOR":  # PS3.3 C.7.9
        stored = apply_color_lut(stored, ds)[..., :3]
        bits = bits_used(stored)
        steps.append("palette to RGB")
    if stored.dtype.kind != "u" or stored.ndim != 3:
        raise UnreadableFilm("a DICOM colour image of signed values")
    image = Image.fromarray(scale_to_8_bits(stored, bits), "RGB")
    pixels, colour = luminance(image)
    steps.append("colour to luminance" if colour else "equal channels to one")
    return pixels, colour
