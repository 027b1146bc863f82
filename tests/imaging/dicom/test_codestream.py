"""Transfer syntaxes and compressed frames: read exactly, or refused before memory is taken."""

import base64
import io
import struct
import zlib

import numpy as np
import pillow_jxl  # noqa: F401  registers JPEG XL with Pillow
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from cxr_core.imaging.decode import decode_film
from tests.support.files.dicom_files import RAMP_12, bundled, dataset, saved
from tests.support.files.refusals import refusal


def test_jpeg_2000_of_the_same_real_film_is_equal_or_close() -> None:
    original = decode_film(bundled("RG3_UNCR.dcm"), "a").pixels
    assert np.array_equal(decode_film(bundled("RG3_J2KR.dcm"), "a").pixels, original)
    lossy = decode_film(bundled("RG3_J2KI.dcm"), "a").pixels
    assert 0 < np.abs(lossy.astype(int) - original).mean() < 1
    chest = decode_film(bundled("RG1_UNCR.dcm"), "a").pixels
    assert np.array_equal(decode_film(bundled("RG1_J2KR.dcm"), "a").pixels, chest)
    assert np.abs(decode_film(bundled("RG1_J2KI.dcm"), "a").pixels.astype(int) - chest).mean() < 1


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
@pytest.mark.parametrize("signed", [False, True])
def test_native_transfer_syntaxes_give_the_same_film(syntax: UID, signed: bool) -> None:
    stored = (RAMP_12.astype(int) - 2048).astype(np.int16) if signed else RAMP_12
    centre = 0 if signed else 2048
    ds = dataset(stored, 12, syntax, WindowCenter=centre, WindowWidth=4096)
    film = decode_film(saved(ds), "a")
    assert np.abs(film.pixels - RAMP_12 / 4095 * 255).max() <= 0.5 + 1e-9
    assert film.source.header["TransferSyntax"] == syntax.name


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_compression_changes_nothing(syntax: UID, bits: int) -> None:
    stored = np.linspace(0, 2**bits - 1, 32 * 48).reshape(32, 48).astype(np.uint8 if bits == 8 else np.uint16)
    ds = dataset(stored, bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits)
    native = decode_film(saved(ds), "a").pixels
    ds.compress(syntax, generate_instance_uid=False)
    assert np.array_equal(decode_film(saved(ds), "a").pixels, native)


def test_near_lossless_jpeg_ls_stays_within_its_error() -> None:
    ds = dataset(WindowCenter=2048, WindowWidth=4096)
    native = decode_film(saved(ds), "a").pixels
    ds.compress(JPEGLSNearLossless, jls_error=32, generate_instance_uid=False)
    assert np.abs(decode_film(saved(ds), "a").pixels.astype(int) - native).max() <= 3


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("SC_jpeg_no_color_transform.dcm", 8),  # JPEG baseline, RGB
        ("JPGExtended.dcm", 12),
        ("JPGLosslessP14SV1_1s_1f_8b.dcm", 8),
        ("JPEG-LL.dcm", 16),
        ("SC_ybr_full_422_uncompressed.dcm", 8),
        ("OT-PAL-8-face.dcm", 8),
        ("mlut_18.dcm", 12),
        ("image_dfl.dcm", 8),
    ],
)
def test_bundled_files_of_other_kinds_are_read(name: str, bits: int) -> None:
    film = decode_film(bundled(name), name)
    assert film.source.bits == bits
    assert film.pixels.std() > 0.5


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_frame_cut_short_inside_a_whole_file_is_refused(syntax: UID) -> None:
    ds = dataset(np.random.default_rng(0).integers(0, 4096, (32, 48)).astype(np.uint16))
    ds.compress(syntax, generate_instance_uid=False)
    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    half = len(frame) // 2
    ds.PixelData = encapsulate([frame[:half] + bytes(len(frame) - half)])
    assert "compressed image is cut short" in refusal(saved(ds))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_frame_of_another_size_is_refused_before_memory_is_taken(syntax: UID) -> None:
    ds = dataset()
    ds.compress(syntax, generate_instance_uid=False)
    if syntax == JPEGLSLossless:
        at, sizes = ds.PixelData.index(b"\xff\xf7") + 5, struct.pack(">HH", 60_000, 60_000)
    else:
        at, sizes = ds.PixelData.index(b"\xff\x4f\xff\x51") + 8, struct.pack(">II", 60_000, 60_000)
    ds.PixelData = ds.PixelData[:at] + sizes + ds.PixelData[at + len(sizes) :]
    assert "60,000 x 60,000 pixels, more than the limit" in refusal(saved(ds))


def test_a_run_length_trap_is_refused_fast() -> None:
    ds = dataset()
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.PixelData = encapsulate([struct.pack("<16I", 2, 64, 5_000_064, *[0] * 13) + bytes(10_000_000)])
    assert "more run-length data" in refusal(saved(ds))


# A ramp of 12 bits as HTJ2K, written by OpenJPH 0.26, since no library here encodes it.
HTJ2K = base64.b64decode(
    "/0//UQApQAAAAAAwAAAAIAAAAAAAAAAAAAAAMAAAACAAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUEBEAB/1wAEyCIkJCQkJCQkJCQ"
    "kJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAOQAAf+TwAAqAOP7K/EBQjQAwAASwAATgNsAh3QAkAiJAMI0AMAAE8AAFUDa"
    "avuCC3QASEQCiQAYwHdWAMAAFTAABXhsbGxs2nGCdQAiihAhQoSI4CD2QgHsuADAABXwAAW4MplMJpPJZPP6enpxAngADBkYGBgYGBgYGBgY/v8Q"
    "Axge/Yxge/Yxgey/AMAALZgABdaAjuM4juM4juM4juM4/X+Kenp6enp6cIJ9AHbbtm3btm3btm3btm3btm3btv974AQge/YQge/YQge/YQge/YQg"
    "e/YQgey7Af/Z"
)
JPEG_XL_LOSSLESS, HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.201"


def framed(frame: bytes, pixels: np.ndarray, bits: int, syntax: str) -> bytes:
    """A DICOM around a compressed frame, in a transfer syntax of which pydicom may not know the name."""
    ds = dataset(pixels, bits, UID(HTJ2K_LOSSLESS), WindowCenter=2 ** (bits - 1), WindowWidth=2**bits)
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return saved(ds).replace(HTJ2K_LOSSLESS.encode(), syntax.encode())


def test_htj2k_is_read() -> None:
    ramp = (np.add.outer(np.arange(32) * 60, np.arange(48) * 40) % 4096).astype(np.uint16)
    native = decode_film(saved(dataset(ramp, WindowCenter=2048, WindowWidth=4096)), "a").pixels
    film = decode_film(framed(HTJ2K, ramp, 12, HTJ2K_LOSSLESS), "a")
    assert np.array_equal(film.pixels, native)
    assert "cut short" in refusal(framed(HTJ2K[:250], ramp, 12, HTJ2K_LOSSLESS))


@pytest.mark.parametrize("bits", [8, 16])
def test_jpeg_xl_is_read(bits: int) -> None:
    stored = np.linspace(0, 2**bits - 1, 32 * 48).reshape(32, 48).astype(np.uint8 if bits == 8 else np.uint16)
    native = decode_film(saved(dataset(stored, bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits)), "a").pixels
    buffer = io.BytesIO()
    Image.fromarray(stored).save(buffer, "JXL", lossless=True)
    film = decode_film(framed(buffer.getvalue(), stored, bits, JPEG_XL_LOSSLESS), "a")
    assert np.array_equal(film.pixels, native)
    assert film.source.header["TransferSyntax"] == "JPEG XL Lossless"
    assert "JPEG XL Lossless" in refusal(framed(buffer.getvalue()[:60], stored, bits, JPEG_XL_LOSSLESS))


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        ("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
        ("1.2.840.10008.1.2.4.107", "HEVC/H.265"),
    ],
)
def test_a_transfer_syntax_that_is_not_read_is_named(syntax: str, name: str) -> None:
    message = refusal(framed(HTJ2K, RAMP_12, 12, syntax))
    assert f"in the transfer syntax {name}" in message


def test_a_stream_that_is_not_of_its_transfer_syntax_is_read_by_what_it_is() -> None:
    ramp = (np.add.outer(np.arange(32) * 60, np.arange(48) * 40) % 4096).astype(np.uint16)
    expected = decode_film(framed(HTJ2K, ramp, 12, HTJ2K_LOSSLESS), "a").pixels
    assert np.array_equal(decode_film(framed(HTJ2K, ramp, 12, "1.2.840.10008.1.2.4.70\0"), "a").pixels, expected)
    noise = np.random.default_rng(0).bytes(3000)
    assert "not of its transfer syntax, JPEG" in refusal(framed(noise, ramp, 12, "1.2.840.10008.1.2.4.70\0"))


@pytest.mark.parametrize("deflated", [True, False])
def test_encapsulated_uncompressed_and_deflated_frames_are_read(deflated: bool) -> None:
    native = decode_film(saved(dataset(WindowCenter=2048, WindowWidth=4096)), "a").pixels
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    raw = RAMP_12.astype("<u2").tobytes()
    frame = packer.compress(raw) + packer.flush() if deflated else raw
    syntax = "1.2.840.10008.1.2.8.1\0\0" if deflated else "1.2.840.10008.1.2.1.98\0"
    assert np.array_equal(decode_film(framed(frame, RAMP_12, 12, syntax), "a").pixels, native)
    assert "cut short" in refusal(framed(frame[: len(frame) // 2], RAMP_12, 12, syntax))
