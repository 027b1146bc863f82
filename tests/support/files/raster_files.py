"""JPEG, PNG, TIFF, BMP and WebP files for tests."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

RAMP = np.linspace(0, 255, 40 * 56).reshape(40, 56).astype(np.uint8)
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90), np.uint8))


def encoded(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    """The bytes of a file of that format."""
    buffer = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG file of any bit depth and colour type; `rows` are unfiltered, each with its leading zero."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png_of(values: np.ndarray, colour_type: int) -> bytes:
    """A 16-bit PNG file of `uint16 (H, W, samples)`."""
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in values)
    return png(values.shape[1], values.shape[0], 16, colour_type, rows)


def huge(kind: str, side: int) -> bytes:
    """A small file whose header claims side x side pixels."""
    if kind == "PNG":
        return png(side, side, 8, 0, b"\x00" * 100)
    data = bytearray(encoded(RAMP, kind))
    if kind == "JPEG":
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", side, side)
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", side, side)
    else:
        for tag, size in ((256, 56), (257, 40)):
            at = next(i for t in (3, 4) if (i := data.find(struct.pack("<HHII", tag, t, 1, size))) >= 0)
            data[at : at + 12] = struct.pack("<HHII", tag, 4, 1, side)
    return bytes(data)


def packed_tiff(values: np.ndarray, bits: int) -> bytes:
    """An uncompressed grey TIFF of any number of bits per sample; values `uint16 (H, W)`."""
    height, width = values.shape
    rows = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(height, width, 2), axis=2)[..., 16 - bits :]
    pixels = np.packbits(rows.reshape(height, -1), axis=1).tobytes()
    start = 8 + 2 + 12 * 9 + 4
    entries = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, 1), (273, 4, start)]
    entries += [(277, 3, 1), (278, 4, height), (279, 4, len(pixels))]
    tags = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + tags + bytes(4) + pixels
