"""Why a raster file cannot be decoded, in words, by its structure. Called only after a decoder has failed."""

import io
import logging
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import TiffImagePlugin

from cxr_core.imaging import jpeg
from cxr_core.imaging.limits import MAX_PIXELS
from cxr_core.languages import message
from cxr_core.log import log_handled

_logger = logging.getLogger(__name__)

_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type (PNG 11.2.1)
_LARGEST = 8 * MAX_PIXELS + 2**20  # bytes of the largest image that is read, 16 bits and four samples, and its filters
_HIERARCHICAL, _ARITHMETIC = {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF}, {0xC9, 0xCA, 0xCB}
_OFFSETS, _LENGTHS = (273, 324), (279, 325)  # TIFF 6.0: of strips and of tiles


def fault_of(data: bytes, kind: str) -> str:
    """What is wrong with a file of the format `kind`, as the reason of a refusal."""
    find = {"PNG": _png, "JPEG": _jpeg, "TIFF": _tiff, "BMP": _bmp, "WebP": _webp}.get(kind)
    try:
        found = find(data) if find else ""
    except Exception as error:  # a structure that cannot be followed either
        log_handled(_logger, "the fault of a film cannot be found", error)
        found = ""
    return found or message("a {kind} file that is truncated, damaged or of an unsupported kind", kind=kind)


def _png(data: bytes) -> str:
    chunks = list(_png_chunks(data))
    for name, content, checksum in chunks:
        if content is None:
            return message("a truncated PNG file (it ends in its chunk {name})", name=name)
        if zlib.crc32(name.encode("latin-1") + content) != checksum:
            return message("a damaged PNG file (the checksum of its chunk {name} is wrong)", name=name)
    if not chunks or chunks[0][0] != "IHDR" or len(chunks[0][1] or b"") != 13:
        return message("a PNG file without a valid header")
    width, height, depth, colour, method, filtering, interlace = struct.unpack(">IIBBBBB", chunks[0][1] or b"")
    if not width or not height:
        return message("a PNG file of {width} x {height} pixels", width=width, height=height)
    if depth not in _PNG_DEPTHS.get(colour, ()):
        return message(
            "a PNG file of colour type {colour} with {bits} bits, which the format does not have",
            colour=colour,
            bits=depth,
        )
    if method or filtering or interlace > 1:
        return message("a PNG file of a compression, filter or interlace method that the format does not have")
    names = [name for name, *_ in chunks]
    if "IDAT" not in names:
        return message("a PNG file without image data")
    packed = b"".join(content or b"" for name, content, _ in chunks if name == "IDAT")
    image = zlib.decompressobj()
    try:
        image.decompress(packed, _LARGEST)
    except zlib.error:
        return message("a damaged PNG file (its compressed image cannot be unpacked)")
    if not image.eof and not image.unconsumed_tail:
        return message("a truncated PNG file (its compressed image is not complete)")
    return "" if "IEND" in names else message("a truncated PNG file (it has no end)")


def _png_chunks(data: bytes) -> Iterator[tuple[str, bytes | None, int]]:
    """Name, content and checksum of each chunk; content is None where the file ends before it does."""
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        name, end = data[at + 4 : at + 8].decode("latin-1"), at + 12 + length
        whole = len(data) >= end
        printable = name if name.isalpha() and name.isascii() else "????"
        yield printable, data[at + 8 : end - 4] if whole else None, int.from_bytes(data[end - 4 : end])
        if not whole or name == "IEND":
            return
        at = end


def _jpeg(data: bytes) -> str:
    stream = jpeg.parse(data)
    if stream is None:
        return message("a JPEG file without a valid frame header")
    before = data[: stream.scans[0][0]] if stream.scans else data
    if stream.process in _HIERARCHICAL:
        return message("a hierarchical JPEG file ({kind}), which is not read", kind=stream.process_name)
    if stream.process in _ARITHMETIC:
        return message(
            "a JPEG file with arithmetic coding ({kind}), which is damaged or not read", kind=stream.process_name
        )
    if len(stream.component_ids) not in (1, 3, 4):
        return message("a JPEG file of {count} components, where 1, 3 or 4 are read", count=len(stream.component_ids))
    if not stream.lossless and b"\xff\xdb" not in before:
        return message("a damaged JPEG file (it has no quantization table)")
    return message("a damaged JPEG file (its tables or its coded image cannot be decoded)")


def _tiff(data: bytes) -> str:
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[:16] if 43 in data[2:4] else data[:8])
    file = io.BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    for offsets, lengths in zip(_OFFSETS, _LENGTHS, strict=True):
        if offsets in tags and lengths in tags:
            end = int(np.max(np.add(np.atleast_1d(tags[offsets]), np.atleast_1d(tags[lengths]))))
            if end > len(data):
                return message(
                    "a truncated TIFF file ({present} of at least {needed} bytes)", present=len(data), needed=end
                )
    bits, samples = int(np.atleast_1d(tags.get(258, 1))[0]), int(tags.get(277, 1))
    about = {"samples": samples, "bits": bits, "compression": int(tags.get(259, 1))}
    if tags.get(284) == 2 and samples > 1:
        return message(
            "a TIFF file that is damaged or of a kind that is not read ({samples} samples of {bits} bits in separate "
            "planes, compression {compression})",
            **about,
        )
    return message(
        "a TIFF file that is damaged or of a kind that is not read ({samples} samples of {bits} bits, compression "
        "{compression})",
        **about,
    )


def _bmp(data: bytes) -> str:
    declared = int.from_bytes(data[2:6], "little")
    if declared > len(data):
        return message(
            "a truncated {kind} file ({present} of {declared} bytes)", kind="BMP", present=len(data), declared=declared
        )
    bits, compression = int.from_bytes(data[28:30], "little"), int.from_bytes(data[30:34], "little")
    return message(
        "a BMP file that is damaged or of a kind that is not read ({bits} bits a pixel, compression {compression})",
        bits=bits,
        compression=compression,
    )


def _webp(data: bytes) -> str:
    declared = int.from_bytes(data[4:8], "little") + 8
    if declared > len(data) + 1:
        return message(
            "a truncated {kind} file ({present} of {declared} bytes)", kind="WebP", present=len(data), declared=declared
        )
    return message("a damaged WebP file (its coded image cannot be decoded)")
