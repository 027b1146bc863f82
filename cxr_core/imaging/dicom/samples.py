"""The stored values of a DICOM image: native or compressed, aligned, with the bits that really hold them."""

import zlib
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array  # type: ignore[attr-defined]
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.colour import ColourModel
from cxr_core.imaging.dicom.codestream import Samples, decode_stream
from cxr_core.imaging.dicom.frame import is_encapsulated, single_frame
from cxr_core.languages import message

UNCOMPRESSED = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
ENCAPSULATED_UNCOMPRESSED = UID("1.2.840.10008.1.2.1.98")
DEFLATED_FRAME = UID("1.2.840.10008.1.2.8.1")
_ELEMENTS = ("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated")
_COMPARED_ROWS = 256
_OVERSHOOT = 1 / 16  # of the range: how far lossy compression passes its end


@dataclass(frozen=True)
class StoredImage:
    """values: integers of 8 or 16 bits, (H, W) for grey and palette, unsigned (H, W, 3) for colour.

    bits: that hold the values. colour_model: of three channels, else None.
    """

    values: np.ndarray
    bits: int
    colour_model: ColourModel | None = None


def stored_image(ds: Dataset, steps: list[str]) -> StoredImage:
    """The stored values of a checked data set. Notes in `steps` where the image contradicts its header.

    Raises `UnreadableFilm`, or what the decoders raise.
    """
    samples = _samples(ds)
    height, width = samples.values.shape[:2]
    if (height, width) != (int(ds.Rows), int(ds.Columns)):
        steps.append(
            message(
                "size of the compressed image used (header: {width} x {height})",
                width=int(ds.Columns),
                height=int(ds.Rows),
            )
        )
    values, bits = _aligned(samples, ds, steps)
    declared = str(ds.get("PhotometricInterpretation", ""))
    if values.ndim == 2:
        return StoredImage(values, bits)
    model: ColourModel = samples.colour_model or ("YBR" if declared.startswith("YBR") else "RGB")
    return StoredImage(values, bits, model)


def _samples(ds: Dataset) -> Samples:
    """Decoded samples, as words of the stream or of the header's Bits Allocated."""
    syntax, data = ds.file_meta.TransferSyntaxUID, ds.PixelData
    allocated = int(ds.BitsAllocated)
    if not is_encapsulated(data) or (syntax in UNCOMPRESSED and len(data) >= _native_length(ds)):
        if len(data) < _native_length(ds):
            raise UnreadableFilm(
                message(
                    "a DICOM file whose pixel data are truncated ({present} of {needed} bytes)",
                    present=len(data),
                    needed=_native_length(ds),
                )
            )
        return Samples(
            _by_pydicom(ds, data, syntax if syntax == ExplicitVRBigEndian else ExplicitVRLittleEndian), allocated
        )
    frame = single_frame(data)
    decoded = decode_stream(frame, int(ds.BitsStored))
    if decoded is not None:
        return decoded
    if syntax == RLELossless:
        # Run-length coding adds at most a byte in 128 (PS3.5 G.3.1); far more would keep the decoder busy for minutes.
        if len(frame) > 2 * _native_length(ds) + 1024:
            raise UnreadableFilm(message("a DICOM file with more run-length data than its image can hold"))
        return Samples(_by_pydicom(ds, encapsulate([frame]), RLELossless), allocated)
    if syntax == DEFLATED_FRAME:
        frame = zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame, _native_length(ds))
    elif syntax != ENCAPSULATED_UNCOMPRESSED:
        raise UnreadableFilm(
            message("a DICOM file whose compressed image is not of its transfer syntax, {syntax}", syntax=syntax.name)
        )
    if len(frame) < _native_length(ds):
        raise UnreadableFilm(message("a DICOM file whose pixel data are cut short"))
    return Samples(_by_pydicom(ds, frame, ExplicitVRLittleEndian), allocated)


def _native_length(ds: Dataset) -> int:
    """Bytes of the uncompressed image; chroma of YBR_FULL_422 has half the columns (PS3.3 C.7.6.3.1.2)."""
    samples = int(ds.get("SamplesPerPixel") or 1)
    pixels = int(ds.Rows) * int(ds.Columns)
    if ds.get("PhotometricInterpretation") == "YBR_FULL_422":
        return pixels * 2 * int(ds.BitsAllocated) // 8
    return pixels * samples * int(ds.BitsAllocated) // 8


def _by_pydicom(ds: Dataset, data: bytes, syntax: UID) -> np.ndarray:
    """Words as stored, `uint8` or `uint16`: unsigned, unaligned, colour unconverted."""
    if int(ds.get("SamplesPerPixel") or 1) == 1 and syntax == ExplicitVRLittleEndian:  # without a copy
        kind, shape = "u1" if int(ds.BitsAllocated) == 8 else "<u2", (int(ds.Rows), int(ds.Columns))
        return np.frombuffer(data, kind, shape[0] * shape[1]).reshape(shape)
    plain = Dataset()
    plain.file_meta = FileMetaDataset()
    plain.file_meta.TransferSyntaxUID = syntax
    for keyword in _ELEMENTS:
        if keyword in ds:
            setattr(plain, keyword, ds[keyword].value)
    plain.BitsStored = ds.BitsAllocated
    plain.HighBit, plain.PixelRepresentation = int(ds.BitsAllocated) - 1, 0
    plain.add_new("PixelData", ds["PixelData"].VR, data)
    words = pixel_array(plain, raw=True)
    return words.astype(words.dtype.newbyteorder("="), copy=False)


def _aligned(samples: Samples, ds: Dataset, steps: list[str]) -> tuple[np.ndarray, int]:
    """Stored values and the bits that hold them, by Bits Stored, High Bit and Pixel Representation (PS3.5 8.1.1).

    Bits above the stored ones may hold overlays, and are then removed. But they may also belong to the values, where
    Bits Stored is too low: removing them would wrap white to black. A declared overlay decides, else the smoother
    image.
    """
    word = samples.bits
    unsigned = np.dtype(f"u{samples.values.dtype.itemsize}")
    words = samples.values.view(unsigned)
    if samples.signed:
        words = words & unsigned.type(2**word - 1)
    stored, high = min(int(ds.BitsStored), word), ds.get("HighBit")
    signed = samples.signed or bool(ds.get("PixelRepresentation"))
    shift = int(high) + 1 - stored if high is not None and stored <= int(high) < word else 0
    if shift and words.max() < 2**stored and (words & unsigned.type(2**shift - 1)).any():
        shift = 0  # right-aligned, whatever High Bit says
    if shift:
        steps.append(message("values aligned by high bit {bit}", bit=int(high)))
        words = words >> unsigned.type(shift)
        word -= shift
    exceeds = word > stored and int(words.max()) >= 2**stored
    if words.ndim == 3:
        return np.minimum(words, unsigned.type(2**stored - 1)), stored
    chosen = _integers(words & unsigned.type(2**stored - 1) if exceeds else words, stored, signed)
    if exceeds:
        full = _integers(words, word, signed)
        rows = np.flatnonzero((words >= 2**stored).any(axis=1))  # a few wrong pixels make no difference elsewhere
        used = not _has_embedded_overlay(ds) and _roughness(full[rows]) < _roughness(chosen[rows])
        if used and not signed and full.max() < (1 + _OVERSHOOT) * 2**stored:  # of lossy compression
            steps.append(message("values above {bits} bits clipped", bits=stored))
            return np.minimum(full, unsigned.type(2**stored - 1)), stored
        if used and not np.array_equal(full, chosen):
            steps.append(message("{bits} bits used (header: {stored})", bits=word, stored=stored))
            return full, word
        if not np.array_equal(full, chosen):
            steps.append(message("bits above the stored ones removed"))
    if samples.signed and not ds.get("PixelRepresentation"):  # the stream says signed, the header does not
        plain = words & unsigned.type(2**stored - 1)
        if _roughness(plain) < _roughness(chosen):
            return plain, stored
    return chosen, stored


def _integers(words: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    """Unsigned words of `bits` as values: two's complement of that width where `signed`."""
    if not signed:
        return words
    kind = np.dtype(f"i{words.dtype.itemsize}")
    spare = 8 * words.dtype.itemsize - bits
    result: np.ndarray = (words << words.dtype.type(spare)).view(kind) >> kind.type(spare)
    return result


def _roughness(values: np.ndarray) -> float:
    """Mean step between neighbours in a row, over some rows: wrapped values and foreign bits raise it."""
    rows = values[:: max(1, len(values) // _COMPARED_ROWS)].astype(np.int32)
    return float(np.abs(np.diff(rows, axis=1)).mean())


def _has_embedded_overlay(ds: Dataset) -> bool:
    """Whether an overlay lies in unused bits of the pixels (retired; PS3.5-2004 8.1.2)."""
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x0102) in ds and (group, 0x3000) not in ds and (group, 0x0100) in ds:
            return bool(ds[group, 0x0100].value != 1)
    return False
