"""Compressed image streams become samples. The stream overrules the header around it (PS3.5 8.2.1)."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging import jpeg
from cxr_core.imaging.colour import ColourModel
from cxr_core.imaging.jpeg_decoder import decode_samples
from cxr_core.imaging.limits import check_size
from cxr_core.languages import message

_J2K, _JP2 = b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP"
_JXL = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL ")
_ROUNDING, _MOST_BLOCKS = 2, 0.9
_SOT, _EOC = b"\xff\x90", b"\xff\xd9"


@dataclass(frozen=True)
class Samples:
    """Decoded samples.

    values: `uint8`, `uint16` or `int16`, (H, W) or (H, W, 3). bits: precision of the stream, 1 to 16.
    signed: whether the stream says that its samples are signed. colour_model: what it says of three channels, or None.
    """

    values: np.ndarray
    bits: int
    signed: bool = False
    colour_model: ColourModel | None = None


def decode_stream(frame: bytes, bits_stored: int) -> Samples | None:
    """The samples of a JPEG, JPEG-LS, JPEG 2000 (also HTJ2K) or JPEG XL stream; None if it is none of these.

    bits_stored: of the header, for JPEG XL, whose decoder always scales to 8 or 16 bits. Raises `UnreadableFilm` when
    the stream is cut short or its size is not accepted, before memory is allocated, or what the decoder raises.
    """
    if frame.startswith(b"\xff\xd8"):
        return _jpeg(frame)
    if frame.startswith((_J2K, _JP2)):
        return _jpeg_2000(frame)
    if frame.startswith(_JXL):
        return _jpeg_xl(frame, bits_stored)
    return None


def _cut_short() -> UnreadableFilm:
    return UnreadableFilm(message("a file whose compressed image is cut short"))


def _jpeg(frame: bytes) -> Samples:
    stream = jpeg.parse(frame)
    if stream is None:
        raise UnreadableFilm(message("a file whose compressed image has no valid header"))
    check_size(stream.width, stream.height)
    if stream.end is None:
        raise _cut_short()
    data = frame[: stream.end]
    if not 2 <= stream.precision <= 16 or len(stream.component_ids) not in (1, 3):
        raise UnreadableFilm(
            message(
                "a compressed image of {count} components of {bits} bits, where 1 or 3 of 2 to 16 bits are read",
                count=len(stream.component_ids),
                bits=stream.precision,
            )
        )
    if stream.process == 0xF7:
        return Samples(_jpeg_ls(data), stream.precision, colour_model=stream.colour_model)
    if stream.lossless or stream.precision != 8:
        import libjpeg

        try:
            data = jpeg.with_full_spectrum(data, stream)
            values = libjpeg.decode(data, 0)  # type: ignore[attr-defined]
            if _may_be_incomplete(values, stream.lossless):
                complete = np.array_equal(values, libjpeg.decode(jpeg.with_more_data(data, stream), 0))  # type: ignore[attr-defined]
                if not complete:
                    raise _cut_short()
        except RuntimeError as error:
            raise UnreadableFilm(
                message(
                    "a file whose compressed image (JPEG {kind}) is damaged or not supported",
                    kind=stream.process_name,
                )
            ) from error
        return Samples(values, stream.precision, colour_model=stream.colour_model)
    return Samples(decode_samples(data, stream), 8, colour_model=stream.colour_model)


def _may_be_incomplete(values: np.ndarray, lossless: bool) -> bool:
    """Whether the lowest rows are as libjpeg leaves them where coded data are missing: it repeats one code.

    That gives a constant step from pixel to pixel in a lossless image, and blocks that differ by a constant in a DCT
    image. Few films end so; those are decoded a second time.
    """
    if lossless:
        steps = np.diff(values[-1], axis=0)
        return bool((steps == steps[0]).all() and (steps.flat[0] != 0 or values[-1].flat[0] != 0))
    height, width = values.shape[0] // 8 * 8, values.shape[1] // 8 * 8
    blocks = values[height - 8 : height, :width].astype(np.int32).reshape(8, width // 8, -1)
    steps = np.ptp(np.diff(blocks, axis=1), axis=(0, 2))
    return bool((steps <= _ROUNDING).mean() >= _MOST_BLOCKS)


def _jpeg_ls(data: bytes) -> np.ndarray:
    import jpeg_ls

    decoded, header = jpeg_ls.decode_buffer(data)
    values = np.frombuffer(decoded, np.uint8 if header["bits_per_sample"] <= 8 else "<u2")
    height, width, components = header["height"], header["width"], header["components"]
    if components == 1:
        return values.reshape(height, width)
    if header["interleave_mode"] == 0:  # one component after the other
        return np.ascontiguousarray(values.reshape(components, height, width).transpose(1, 2, 0))
    return values.reshape(height, width, components)


def _jpeg_2000(frame: bytes) -> Samples:
    start = frame.find(_J2K)
    if start < 0 or len(frame) < start + 43:
        raise _cut_short()
    right, bottom, left, top = (int.from_bytes(frame[start + 8 + i : start + 12 + i]) for i in (0, 4, 8, 12))
    check_size(right - left, bottom - top)  # the SIZ segment (ISO 15444-1 A.5.1)
    depth = frame[start + 42]
    bits, signed = (depth & 0x7F) + 1, bool(depth & 0x80)
    if bits > 16:
        raise UnreadableFilm(message("a compressed image of {bits} bits, where up to 16 are read", bits=bits))
    if not _has_all_tiles(frame, start):
        raise _cut_short()
    import openjpeg

    values = openjpeg.decode(frame)  # type: ignore[attr-defined]
    if values.ndim == 3 and values.shape[2] != 3:
        raise UnreadableFilm(
            message("a compressed image of {count} components, where 1 or 3 are read", count=values.shape[2])
        )
    style = frame.find(b"\xff\x52", start)
    transformed = style >= 0 and frame[style + 8] == 1  # the decoder inverts the component transform of the COD segment
    return Samples(values, bits, signed, "RGB" if transformed else None)


def _has_all_tiles(frame: bytes, start: int) -> bool:
    """Whether every tile-part of a JPEG 2000 codestream is there, by their lengths (ISO 15444-1 A.4.2)."""
    at = start + 2
    while frame[at : at + 2] != _SOT:
        if at + 4 > len(frame) or frame[at] != 0xFF:
            return False
        at += 2 + int.from_bytes(frame[at + 2 : at + 4])
    while frame[at : at + 2] == _SOT:
        length = int.from_bytes(frame[at + 6 : at + 10])
        if length == 0:  # the last tile-part, up to the end of the codestream
            return _EOC in frame[at:]
        at += length
    return frame[at : at + 2] == _EOC or at in (len(frame), len(frame) - 1)  # complete, its end marker missing


def _jpeg_xl(frame: bytes, bits_stored: int) -> Samples:
    try:
        import pillow_jxl  # noqa: F401  registers the format with Pillow
    except ImportError:
        raise UnreadableFilm(message("a file compressed with JPEG XL, which is not installed here")) from None
    with Image.open(io.BytesIO(frame), formats=("JXL",)) as image:
        check_size(*image.size)
        image.load()
        values = np.array(image if image.mode in ("L", "I;16", "RGB") else image.convert("RGB"))
    if values.dtype != np.uint8:
        values = np.rint(values * ((2.0**bits_stored - 1) / (2**16 - 1))).astype(np.uint16)
        return Samples(values, bits_stored)
    if bits_stored < 8:
        values = np.rint(values * ((2.0**bits_stored - 1) / 255)).astype(np.uint8)
    return Samples(values, min(8, bits_stored), colour_model="RGB" if values.ndim == 3 else None)
