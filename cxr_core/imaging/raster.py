"""JPEG, PNG, TIFF, BMP and WebP become grey pixels, all through Pillow.

Values of more than 8 bits are scaled by the smallest 2^n - 1 that contains the largest value (n from 8 to 16), since
many "16-bit" films hold 10 to 14 bits. Floating-point images are refused: their scale is unknown. Colour becomes
Rec. 601 luminance.
"""

import contextlib
import ctypes
import io

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageOps

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.film import Provenance

MAX_BYTES = 200_000_000
MAX_PIXELS = 100_000_000
MIN_SIDE = 16

# Lossy chroma changes the channels of grey pixels slightly; only larger differences (of 255) count as colour.
_COLOUR_TOLERANCE = 8

# The libtiff inside Pillow writes its errors to standard error although Pillow raises them as well. This silences
# Pillow's own copy only; a statically linked one keeps writing.
with contextlib.suppress(AttributeError, OSError):
    ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)

_PHOTOMETRIC, _BITS_PER_SAMPLE, _WHITE_IS_ZERO = 262, 258, 0  # TIFF 6.0, section 3


def check_size(width: int, height: int) -> None:
    """Raise `UnreadableFilm` unless an image of this size (pixels, from its header) may be decoded."""
    if width * height > MAX_PIXELS:
        raise UnreadableFilm(f"{width:,} x {height:,} pixels, more than the limit of {MAX_PIXELS:,} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnreadableFilm(f"{width:,} x {height:,} pixels, less than the {MIN_SIDE} pixels a side that a film needs")


def decode(data: bytes, kind: str) -> tuple[np.ndarray, Provenance]:
    """Grey pixels `uint8 (H, W)` as displayed, and their provenance; `kind` is the format that `sniff` returned.

    Raises `UnreadableFilm` with the bare reason, or whatever Pillow raises on damaged bytes.
    """
    steps: list[str] = []
    try:
        image = Image.open(io.BytesIO(data), formats=(kind.upper(),))
    except Image.DecompressionBombError:  # Pillow's own limit, checked before the size is known
        raise UnreadableFilm(f"more than the limit of {MAX_PIXELS:,} pixels") from None
    with image:
        check_size(*image.size)
        _check_ending(data, kind)
        if kind != "JPEG" and getattr(image, "is_animated", False):
            steps.append("first of several images taken")
        bits = _stored_bits(image, data, kind)
        white_is_zero = kind == "TIFF" and _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO
        rotated = image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9)
        image.load()
        if kind == "JPEG":
            _check_lower_edge(image)
        ImageOps.exif_transpose(image, in_place=True)  # loading a TIFF has done so and removed the tag
        if rotated:
            steps.append("rotated by its EXIF orientation")
        if image.mode == "F":
            raise UnreadableFilm(f"a floating-point {kind} image, whose scale is unknown")
        if image.mode == "I" or image.mode.startswith("I;16"):
            pixels, colour = _grey_16(image, bits, white_is_zero, steps), False
        else:
            pixels, colour = _grey_8(image, bits, steps)
    height, width = pixels.shape
    return pixels, Provenance(kind, width, height, min(bits, 16), colour, tuple(steps))


def scale_to_8_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """`uint16` of any shape, 0 to 2^bits - 1, as `uint8` of that shape, 0 to 255, rounded."""
    top = 2**bits - 1
    table = np.rint(np.minimum(np.arange(2**16) / top, 1) * 255).astype(np.uint8)
    return table[values]


def bits_used(values: np.ndarray) -> int:
    """The smallest n, 8 to 16, so that 2^n - 1 contains the largest of the `uint16` values."""
    return max(8, int(values.max()).bit_length())


def luminance(image: Image.Image) -> tuple[np.ndarray, bool]:
    """Rec. 601 luminance, `uint8 (H, W)`, of an RGB image, and whether its channels differ."""
    red, green, blue = image.split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    _, spread = ImageChops.subtract(brightest, darkest).getextrema()
    return np.array(image.convert("L")), bool(spread > _COLOUR_TOLERANCE)  # type: ignore[operator]


def is_cut(data: bytes) -> bool:
    """Whether a JPEG has no end of image after its last scan."""
    end = data.rfind(b"\xff\xd9")
    return end < 0 or data.find(b"\xff\xda", end) >= 0


def _check_ending(data: bytes, kind: str) -> None:
    """Refuse a file whose end was lost and padded: Pillow would decode it with grey or black rows."""
    if kind == "JPEG" and is_cut(data):
        raise UnreadableFilm("a truncated JPEG file (no end of image after its last scan)")
    if kind == "PNG":
        Image.open(io.BytesIO(data), formats=("PNG",)).verify()  # checks the checksum of every chunk; loading does not


def _check_lower_edge(image: Image.Image) -> None:
    """Refuse a JPEG that ends early with a valid marker: libjpeg leaves the missing blocks at exactly mid grey."""
    missing = [(128, 128)] * len(image.getbands())
    edge = image.crop((0, image.height - 8, image.width, image.height))
    if _extrema(edge) == missing != _extrema(image):
        raise UnreadableFilm("a truncated JPEG file (its lower part is missing)")


def _stored_bits(image: Image.Image, data: bytes, kind: str) -> int:
    """Bits per sample in the file."""
    if kind == "PNG":
        return data[24]  # IHDR comes first, its bit depth after width and height
    if kind == "TIFF":
        return int(np.max(_tag(image, _BITS_PER_SAMPLE) or 1))
    return 1 if image.mode == "1" else 8


def _tag(image: Image.Image, number: int) -> int | tuple[int, ...] | None:
    return image.tag_v2.get(number)  # type: ignore[attr-defined]


def _grey_16(image: Image.Image, bits: int, white_is_zero: bool, steps: list[str]) -> np.ndarray:
    """An image of mode I;16 or I as `uint8 (H, W)`."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 2**16 - 1:
        raise UnreadableFilm(f"values from {values.min():,} to {values.max():,}, outside the range of 16 unsigned bits")
    values = values.astype(np.uint16)
    used = bits if bits < 16 else bits_used(values)  # a 12-bit TIFF declares its depth
    steps.append(f"{bits} bits stored, {used} used, scaled to 8")
    pixels = scale_to_8_bits(values, used)
    if white_is_zero:  # Pillow inverts only up to 8 bits
        steps.append("grey scale inverted (white is zero)")
        return 255 - pixels
    return pixels


def _grey_8(image: Image.Image, bits: int, steps: list[str]) -> tuple[np.ndarray, bool]:
    """An image of any 8-bit mode as `uint8 (H, W)`, transparency composited on black, and whether it has colour."""
    if bits > 8:
        # Pillow keeps the upper byte of 16-bit colour; a film of 12 bits in 16 would become black.
        if max(high for _, high in _extrema(image.convert("RGB"))) < 128:
            raise UnreadableFilm("a 16-bit colour image that uses only its lower bits; save it as 16-bit grey")
        steps.append(f"upper 8 of {bits} bits kept")
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in ("1", "L", "LA", "La") else "RGBA")
        alpha = image.getchannel("A")
    if image.mode in ("1", "L", "LA"):
        pixels, colour = np.array(image.convert("L")), False
    else:
        pixels, colour = luminance(image.convert("RGB"))
        steps.append("colour to luminance" if colour else "equal channels to one")
    if alpha is not None and _extrema(alpha)[0][0] < 255:
        steps.append("transparency composited on black")
        pixels = np.array(ImageChops.multiply(Image.fromarray(pixels), alpha))
    return pixels, colour


def _extrema(image: Image.Image) -> list[tuple[int, int]]:
    """The lowest and highest value of each band."""
    return [band.getextrema() for band in image.split()]  # type: ignore[misc]
