"""A DICOM file becomes grey pixels and its provenance (PS3.3, PS3.5, PS3.10)."""

import io
import logging

import cv2
import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import apply_color_lut  # type: ignore[attr-defined]
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from cxr_core.errors import UnreadableFilm, UnusableFile
from cxr_core.imaging.colour import grey_of
from cxr_core.imaging.dicom.display import grey, rescale
from cxr_core.imaging.dicom.fields import technical_fields
from cxr_core.imaging.dicom.frame import has_items, with_delimiter
from cxr_core.imaging.dicom.masks import pixel_height, shutter_area
from cxr_core.imaging.dicom.samples import StoredImage, stored_image
from cxr_core.imaging.dicom.syntaxes import check_deflated, is_read, syntax_name
from cxr_core.imaging.film import Provenance
from cxr_core.imaging.grey_scale import table_maximum
from cxr_core.imaging.limits import MAX_PIXELS, check_size
from cxr_core.languages import Message, message

# pydicom logs what it also raises or warns of; the refusal or the film's steps report what matters.
logging.getLogger("pydicom").propagate = False

_GREY, _PALETTE = ("MONOCHROME1", "MONOCHROME2"), "PALETTE COLOR"
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT")
_SQUARE = 0.01  # pixels whose sides differ by less count as square


def decode(data: bytes) -> tuple[np.ndarray, Provenance]:
    """Grey pixels `uint8 (H, W)`, bone white, pixels square, and their provenance.

    Raises `UnreadableFilm` with the bare reason, which names the transfer syntax where a decoder failed.
    """
    ds = _dataset(data)
    _check_header(ds)
    steps: list[str] = []
    try:
        image = stored_image(ds, steps)
    except (UnreadableFilm, MemoryError):
        raise
    except Exception as error:  # each decoder raises its own errors for damaged bytes
        name = syntax_name(ds.file_meta.TransferSyntaxUID)
        raise UnreadableFilm(
            message(
                "a DICOM file whose image ({syntax}, {depth}) is truncated, damaged or of an unsupported kind",
                syntax=name,
                depth=_depth(ds),
            )
        ) from error
    hidden = shutter_area(ds, *image.values.shape[:2])
    if image.values.ndim == 2 and ds.PhotometricInterpretation != _PALETTE:
        pixels, colour = grey(image.values, image.bits, ds, steps, hidden), False
    else:
        pixels, colour = _from_colour(image, ds, steps)
        if hidden is not None:
            pixels[hidden] = 0
    if hidden is not None:
        steps.append(message("black outside the display shutter"))
    pixels = _with_square_pixels(pixels, ds, steps)
    height, width = pixels.shape
    return pixels, Provenance("DICOM", width, height, image.bits, colour, tuple(steps), technical_fields(ds))


def stored_values(data: bytes) -> tuple[np.ndarray, float, float] | None:
    """The stored grey values, integers (H, W) with square pixels, and the slope and intercept to the maker's units.

    None for a colour image. Slope 1 and intercept 0 where a table, or nothing, gives the units. Raises as `decode`, or
    what a decoder raises.
    """
    ds = _dataset(data)
    _check_header(ds)
    image = stored_image(ds, [])
    if image.values.ndim != 2 or ds.PhotometricInterpretation == _PALETTE:
        return None
    wide = image.values.astype(np.int16) if image.values.dtype == np.int8 else image.values
    return _with_square_pixels(np.ascontiguousarray(wide), ds, []), *rescale(ds)


def _dataset(data: bytes) -> Dataset:
    """The parsed file, with or without the preamble of PS3.10 7.1, its transfer syntax known."""
    try:
        check_deflated(data)
    except UnusableFile as error:
        raise UnreadableFilm(message("a deflated DICOM file that {problem}", problem=error.problem)) from None
    ds = dcmread(io.BytesIO(data), force=True)
    if "PixelData" not in ds and has_items(data):  # the compressed image may be complete, its delimiter missing
        ds = dcmread(io.BytesIO(with_delimiter(data)), force=True)
    if "TransferSyntaxUID" not in ds.file_meta:
        implicit, little = ds.original_encoding
        guess = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = guess
    return ds


def _check_header(ds: Dataset) -> None:
    """Raise `UnreadableFilm` unless the header describes one grey or colour image of an accepted size."""
    if "FloatPixelData" in ds or "DoubleFloatPixelData" in ds:
        raise UnreadableFilm(message("a DICOM file with floating-point pixels, whose scale is unknown"))
    if "Rows" not in ds or "Columns" not in ds:
        kind = _kind_of_object(ds)
        raise UnreadableFilm(
            message("a DICOM file without an image ({kind})", kind=kind)
            if kind
            else message("a DICOM file without an image")
        )
    syntax = ds.file_meta.TransferSyntaxUID
    if not is_read(syntax):
        raise UnreadableFilm(
            message("a DICOM file in the transfer syntax {syntax}, which is not read", syntax=syntax_name(syntax))
        )
    check_size(_integer(ds, "Columns"), _integer(ds, "Rows"))
    if (frames := _integer(ds, "NumberOfFrames", 1)) > 1:
        raise UnreadableFilm(
            message(
                "a DICOM file of {count} frames ({kind}), where a film has one", count=frames, kind=_kind_of_object(ds)
            )
        )
    allocated, stored = _integer(ds, "BitsAllocated"), _integer(ds, "BitsStored")
    if allocated not in (8, 16) or not 1 <= stored <= allocated or _integer(ds, "SamplesPerPixel", 1) not in (1, 3):
        raise UnreadableFilm(
            message("a DICOM image of {depth}, where 8 to 16 bits, grey or RGB, are read", depth=_depth(ds))
        )
    if "PixelData" not in ds:
        raise UnreadableFilm(message("a DICOM file whose pixel data are missing or cut short"))
    photometric = str(ds.get("PhotometricInterpretation"))
    if photometric not in (*_GREY, _PALETTE, *_COLOUR):
        raise UnreadableFilm(
            message(
                "a DICOM image of photometric interpretation {kind}, which is not read", kind=repr(photometric[:32])
            )
        )


def _kind_of_object(ds: Dataset) -> str:
    """The name of the SOP class, such as "Comprehensive SR Storage"; the bare UID where it is private."""
    return UID(str(ds.get("SOPClassUID") or ds.file_meta.get("MediaStorageSOPClassUID") or "")).name


def _depth(ds: Dataset) -> Message:
    samples = _integer(ds, "SamplesPerPixel", 1)
    about = {"stored": _integer(ds, "BitsStored"), "allocated": _integer(ds, "BitsAllocated")}
    if samples == 1:
        return message("{stored} bits in {allocated}", **about)
    return message("{stored} bits in {allocated}, {samples} samples", samples=samples, **about)


def _integer(ds: Dataset, keyword: str, default: int | None = None) -> int:
    value = ds.get(keyword)
    if value is None and default is not None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise UnreadableFilm(message("a DICOM image without a valid {keyword}", keyword=keyword)) from None


def _from_colour(image: StoredImage, ds: Dataset, steps: list[str]) -> tuple[np.ndarray, bool]:
    """Three channels `(H, W, 3)` or palette indices `(H, W)` as luminance `uint8 (H, W)`, and whether it has colour."""
    values, white = image.values, 2.0**image.bits - 1
    if ds.PhotometricInterpretation == _PALETTE and values.ndim == 2:  # PS3.3 C.7.9
        values = apply_color_lut(values, ds)[..., :3]
        white = table_maximum(values, int(ds.RedPaletteColorLookupTableDescriptor[2]))
        steps.append(message("palette to RGB"))
    if values.dtype.kind != "u" or values.ndim != 3:
        raise UnreadableFilm(message("a DICOM colour image of signed values"))
    if values.dtype != np.uint8 or white != 255:
        table = np.rint(np.minimum(np.arange(2 ** (8 * values.dtype.itemsize)) / white, 1) * 255).astype(np.uint8)
        values = table[values]
    return grey_of(Image.fromarray(values, "RGB"), image.colour_model or "RGB", steps)


def _with_square_pixels(pixels: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray:
    """The film enlarged along the longer side of its pixels, so that they are square."""
    ratio = pixel_height(ds)
    if abs(ratio - 1) < _SQUARE:
        return pixels
    height, width = pixels.shape
    size = (width, round(height * ratio)) if ratio > 1 else (round(width / ratio), height)
    if size[0] * size[1] > MAX_PIXELS:
        return pixels
    shape = f"{ratio:.3g}"
    steps.append(message("resampled to square pixels (height to width {ratio})", ratio=shape))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
