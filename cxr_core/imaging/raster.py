"""JPEG, PNG, TIFF, BMP and WebP become grey pixels, through Pillow; what Pillow cannot hold goes to `deep_raster`.

Values of more than 8 bits are scaled by the rule in `grey_scale`. Colour becomes Rec. 601 luminance.
"""

import contextlib
import ctypes
import io

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageOps, UnidentifiedImageError

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging import deep_raster, jpeg
from cxr_core.imaging.colour import grey_of
from cxr_core.imaging.dicom.codestream import decode_stream
from cxr_core.imaging.film import Provenance
from cxr_core.imaging.grey_scale import to_8_bits
from cxr_core.imaging.jpeg_decoder import check_complete
from cxr_core.imaging.limits import MAX_PIXELS, check_size
from cxr_core.languages import message

# The libtiff inside Pillow writes its errors to standard error although Pillow raises them as well. This silences
# Pillow's own copy only; a statically linked one keeps writing.
with contextlib.suppress(AttributeError, OSError):
    ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)  # type: ignore[attr-defined]

_PHOTOMETRIC, _BITS_PER_SAMPLE, _PLANES = 262, 258, 284  # TIFF 6.0
_WHITE_IS_ZERO, _SEPARATE = 0, 2


def decode(data: bytes, kind: str) -> tuple[np.ndarray, Provenance]:
    """Grey pixels `uint8 (H, W)` as displayed, and their provenance; `kind` is the format that `sniff` returned.

    Raises `UnreadableFilm` with the bare reason, or whatever Pillow raises on damaged bytes.
    """
    steps: list[str] = []
    stream = None
    if kind == "JPEG":
        stream = _checked_jpeg(data)
        if stream.lossless or stream.precision != 8:  # as in DICOM; Pillow decodes only 8 bits
            return _deep_jpeg(data[: stream.end], stream, steps)
    try:
        image = Image.open(io.BytesIO(data), formats=(kind.upper(),))
    except Image.DecompressionBombError:  # Pillow's own limit, checked before the size is known
        raise UnreadableFilm(message("more than the limit of {limit} pixels", limit=MAX_PIXELS)) from None
    except UnidentifiedImageError:
        if kind != "TIFF":
            raise
        return _deep_tiff(data, steps)
    with image:
        check_size(*image.size)
        if kind == "PNG":  # refuse a file whose end was lost and padded: loading does not check the checksums
            Image.open(io.BytesIO(data), formats=("PNG",)).verify()
        if kind != "JPEG" and getattr(image, "is_animated", False):
            steps.append(message("first of several images taken"))
        bits = _stored_bits(image, data, kind)
        if bits > 8 and kind == "TIFF" and _tag(image, _PLANES) == _SEPARATE and len(image.getbands()) > 1:
            raise UnreadableFilm(
                message("a TIFF image of {bits}-bit samples in separate planes, which is not read", bits=bits)
            )
        white_is_zero = kind == "TIFF" and _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        image.load()
        if stream:
            check_complete(image, data[: stream.end], stream)
        if image.mode == "F":
            raise UnreadableFilm(message("a floating-point {kind} image, whose scale is unknown", kind=kind))
        ImageOps.exif_transpose(image, in_place=True)  # loading a TIFF has done so and removed the tag
        if orientation in range(2, 9):
            steps.append(message("rotated by its EXIF orientation"))
        if image.mode == "I" or image.mode.startswith("I;16"):
            pixels, colour = _grey_16(np.asarray(image), bits, white_is_zero, steps), False
        elif bits > 8:  # Pillow keeps only the upper byte of deep colour
            pixels, colour = _deep_colour(data, kind, bits, orientation, steps)
        else:
            pixels, colour = _grey_8(image, steps)
    height, width = pixels.shape
    return pixels, Provenance(kind, width, height, min(bits, 16), colour, tuple(steps))


def _checked_jpeg(data: bytes) -> jpeg.JpegStream:
    """The structure of a JPEG. Raises `UnreadableFilm` if it is cut; data after its end do not matter."""
    stream = jpeg.parse(data)
    if stream is None:
        raise UnreadableFilm(message("a JPEG file without a valid frame header"))
    check_size(stream.width, stream.height)
    if stream.end is None:
        raise UnreadableFilm(message("a truncated JPEG file (no end of image after its last scan)"))
    return stream


def _deep_jpeg(data: bytes, stream: jpeg.JpegStream, steps: list[str]) -> tuple[np.ndarray, Provenance]:
    """A lossless, JPEG-LS or 12-bit JPEG file."""
    samples = decode_stream(data, stream.precision)
    if samples is None or samples.values.ndim != 2:
        raise UnreadableFilm(
            message("a colour JPEG file of a kind that is not read ({kind})", kind=stream.process_name)
        )
    pixels = samples.values if samples.bits == 8 else _grey_16(samples.values, samples.bits, False, steps)
    return pixels, Provenance("JPEG", stream.width, stream.height, samples.bits, False, tuple(steps))


def _deep_tiff(data: bytes, steps: list[str]) -> tuple[np.ndarray, Provenance]:
    """A TIFF that Pillow does not know, such as one of 10 or 14 bits."""
    bits = deep_raster.check_tiff(data)
    values, _, _ = deep_raster.grey_values(data, "TIFF")
    pixels = _grey_16(values, bits, False, steps)
    return pixels, Provenance("TIFF", pixels.shape[1], pixels.shape[0], bits, False, tuple(steps))


def _deep_colour(data: bytes, kind: str, bits: int, orientation: int, steps: list[str]) -> tuple[np.ndarray, bool]:
    """A 16-bit image of several channels as `uint8 (H, W)`, transparency on black, and whether it has colour."""
    values, alpha, colour = deep_raster.grey_values(data, kind)
    steps.append(message("colour to luminance") if colour else message("equal channels to one"))
    hidden = None if alpha is None else alpha == 0
    pixels = _grey_16(values, bits, False, steps, hidden)
    if alpha is not None and alpha.min() < 2**16 - 1:
        steps.append(message("transparency composited on black"))
        pixels = np.rint(pixels * (alpha / (2**16 - 1))).astype(np.uint8)
    if kind == "PNG" and orientation in range(2, 9):  # OpenCV has rotated a TIFF
        with Image.fromarray(pixels) as image:
            image.getexif()[ExifTags.Base.Orientation] = orientation
            pixels = np.asarray(ImageOps.exif_transpose(image))
    return np.ascontiguousarray(pixels), colour


def _stored_bits(image: Image.Image, data: bytes, kind: str) -> int:
    """Bits per sample in the file."""
    if kind == "PNG":
        return data[24]  # IHDR comes first, its bit depth after width and height
    if kind == "TIFF":
        return int(np.max(_tag(image, _BITS_PER_SAMPLE) or 1))
    return 1 if image.mode == "1" else 8


def _tag(image: Image.Image, number: int) -> int | tuple[int, ...] | None:
    result: int | tuple[int, ...] | None = image.tag_v2.get(number)  # type: ignore[attr-defined]
    return result


def _grey_16(
    values: np.ndarray, bits: int, white_is_zero: bool, steps: list[str], hidden: np.ndarray | None = None
) -> np.ndarray:
    """Grey integers (H, W) of more than 8 bits as `uint8 (H, W)`. hidden: pixels that do not count for the range."""
    lowest, highest = int(values.min()), int(values.max())
    if highest - lowest >= 2**16:
        raise UnreadableFilm(
            message("values from {lowest} to {highest}, which do not fit into 16 bits", lowest=lowest, highest=highest)
        )
    offset = lowest if lowest < 0 or highest >= 2**16 else 0
    pixels, (low, high) = to_8_bits((values - offset).astype(np.uint16) if offset else values.astype(np.uint16), hidden)
    first, last = f"{low + offset:g}", f"{high + offset:g}"
    steps.append(message("{bits} bits stored, values {low} to {high} shown", bits=bits, low=first, high=last))
    if white_is_zero:  # Pillow inverts only up to 8 bits
        steps.append(message("grey scale inverted (white is zero)"))
        return 255 - pixels
    return pixels


def _grey_8(image: Image.Image, steps: list[str]) -> tuple[np.ndarray, bool]:
    """An image of any 8-bit mode as `uint8 (H, W)`, transparency composited on black, and whether it has colour."""
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in ("1", "L", "LA", "La") else "RGBA")
        alpha = image.getchannel("A")
    if image.mode in ("1", "L", "LA"):
        pixels, colour = np.asarray(image if image.mode == "L" else image.convert("L")), False  # convert copies
    else:
        pixels, colour = grey_of(image.convert("RGB"), "RGB", steps)
    if alpha is not None and alpha.getextrema()[0] < 255:  # type: ignore[operator]
        steps.append(message("transparency composited on black"))
        pixels = np.array(ImageChops.multiply(Image.fromarray(pixels), alpha))
    return pixels, colour
