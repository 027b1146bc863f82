"""What a refusal says of a damaged file: its cause, by the file's structure."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from cxr_core.imaging.file_faults import fault_of
from tests.support.files.raster_files import NOISE, RAMP, encoded, png
from tests.support.files.refusals import refusal

PNG, JPEG = encoded(NOISE, "PNG"), encoded(NOISE, "JPEG")


def flipped(data: bytes, at: int, count: int = 1) -> bytes:
    return data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + count]) + data[at + count :]


def packed(rows: bytes) -> bytes:
    """A PNG file whose compressed image is `rows` as they are."""
    plain, old = png(56, 40, 8, 0, b""), zlib.compress(b"")
    chunk, at = b"IDAT" + rows, plain.index(b"IDAT") - 4
    part = struct.pack(">I", len(rows)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return plain[:at] + part + plain[at + 12 + len(old) :]


FAULTS: dict[str, tuple[bytes, str]] = {
    "PNG, cut": (PNG[: len(PNG) // 2], "truncated PNG file (it ends in its chunk IDAT)"),
    "PNG, last chunk lost": (PNG[:-12], "truncated PNG file (it has no end)"),
    "PNG, flipped bit": (flipped(PNG, len(PNG) // 2), "the checksum of its chunk IDAT is wrong"),
    "PNG, header": (flipped(PNG, 20), "the checksum of its chunk IHDR is wrong"),
    "PNG, depth": (png(56, 40, 3, 0, bytes(2000)), "colour type 0 with 3 bits"),
    "PNG, colour type": (png(56, 40, 8, 5, bytes(2000)), "colour type 5 with 8 bits"),
    "PNG, compression": (packed(b"no zlib stream"), "its compressed image cannot be unpacked"),
    "PNG, as text": (PNG.replace(b"\r\n", b"\n"), "damaged in a transfer as text"),
    "JPEG, no tables": (JPEG.replace(b"\xff\xdb", b"\xff\xeb"), "no quantization table"),
    "JPEG, hierarchical": (JPEG.replace(b"\xff\xc0", b"\xff\xc5"), "hierarchical JPEG file"),
    "JPEG, codes": (flipped(JPEG, JPEG.index(b"\xff\xc4") + 6, 8), "tables or its coded image"),
    "TIFF, cut": (encoded(NOISE, "TIFF")[:3000], "truncated TIFF file (3,000 of at least"),
    "BMP, cut": (encoded(NOISE, "BMP")[:3000], "truncated BMP file (3,000 of"),
    "WebP, cut": (encoded(NOISE, "WebP")[:1000], "truncated WebP file (1,000 of"),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_refusal_names_the_cause(name: str) -> None:
    data, words = FAULTS[name]
    assert words in refusal(data)


def test_a_file_that_cannot_be_followed_either_still_gets_a_sentence() -> None:
    for kind in ("PNG", "JPEG", "TIFF", "BMP", "WebP", "DICOM"):
        assert kind in fault_of(b"\x00" * 9, kind)


def deep_tiff(samples: int, planes: int) -> bytes:
    """An uncompressed 16-bit TIFF of several samples, interleaved (planes 1) or in separate planes (2)."""
    values = np.dstack([RAMP.astype(np.uint16) * 200] * samples)
    height, width = RAMP.shape
    data = (values if planes == 1 else values.transpose(2, 0, 1)).astype("<u2").tobytes()
    parts = 1 if planes == 1 else samples
    entries = 10
    after = 8 + 2 + 12 * entries + 4
    depths = after + 8 * parts if parts > 1 else after
    start = depths + (2 * samples if samples > 2 else 0)
    length = len(data) // parts
    offsets = [start + i * length for i in range(parts)]

    def entry(tag: int, kind: int, values: list[int], place: int) -> bytes:
        code = "H" if kind == 3 else "I"
        content = struct.pack(f"<{len(values)}{code}", *values)
        return struct.pack("<HHI", tag, kind, len(values)) + (
            content.ljust(4, b"\0") if len(content) <= 4 else struct.pack("<I", place)
        )

    tags = [entry(256, 4, [width], 0), entry(257, 4, [height], 0), entry(258, 3, [16] * samples, depths)]
    tags += [entry(259, 3, [1], 0), entry(262, 3, [2 if samples > 2 else 1], 0), entry(273, 4, offsets, after)]
    tags += [entry(277, 3, [samples], 0), entry(278, 4, [height], 0)]
    tags += [entry(279, 4, [length] * parts, after + 4 * parts), entry(284, 3, [planes], 0)]
    lists = struct.pack(f"<{2 * parts}I", *offsets, *[length] * parts) if parts > 1 else b""
    lists += struct.pack(f"<{samples}H", *[16] * samples) if samples > 2 else b""
    return b"II*\0" + struct.pack("<IH", 8, entries) + b"".join(tags) + bytes(4) + lists + data


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: deep_tiff(2, 1), "grey with alpha, 16 bits"),
        (lambda: deep_tiff(2, 2), "grey with alpha, 16 bits"),
        (lambda: deep_tiff(3, 2), "16-bit samples in separate planes"),
    ],
)
def test_deep_tiffs_of_a_kind_that_is_not_read_are_refused_by_name(make: Callable[[], bytes], words: str) -> None:
    assert words in refusal(make())


def test_a_deep_colour_tiff_of_interleaved_samples_is_read() -> None:
    from cxr_core.imaging.decode import decode_film

    assert np.array_equal(decode_film(deep_tiff(3, 1), "a").pixels, RAMP)


def test_a_progressive_jpeg_that_ends_within_a_scan_is_refused_although_it_has_an_end() -> None:
    data = encoded(Image.fromarray(np.asarray(NOISE)), "JPEG", progressive=True)
    assert "truncated" in refusal(data[: len(data) * 3 // 4] + b"\xff\xd9")
