"""Files as hospitals, phones and exports write them: each read right, or refused for the right reason."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from cxr_core.imaging.decode import decode_film
from cxr_core.inference.gate.pixel_checks import check_pixels
from tests.support.files.dicom_files import FILM, VALUES, WINDOW, dataset, pixels_of, saved, table
from tests.support.files.raster_files import encoded
from tests.support.files.reference_decoders import converted, dcmtk_pixels
from tests.support.files.refusals import refusal

COMPRESSED = [JPEGLSLossless, JPEG2000Lossless, RLELossless]


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference in grey levels."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def jpeg_dicom(data: bytes, pixels: np.ndarray = FILM, **tags: Any) -> bytes:
    """A DICOM around a baseline JPEG; `pixels` gives the header its size and samples."""
    ds = dataset(pixels, 8)
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.PixelData = encapsulate([data])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return saved(ds)


def with_frame(data: bytes, change: Any) -> bytes:
    """A compressed DICOM with its frame changed."""
    ds = pydicom.dcmread(io.BytesIO(data))
    ds.PixelData = encapsulate([change(get_frame(ds.PixelData, 0, number_of_frames=1))])
    return saved(ds)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize(("low", "high"), [(0, 4200), (1500, 4100), (0, 300), (200, 40_000)])
def test_deep_rasters_have_the_range_of_the_same_values_in_dicom(
    kind: str, low: int, high: int, tmp_path: Path
) -> None:
    values = (low + FILM / 255 * (high - low)).astype(np.uint16)
    dicom = saved(dataset(values, 16))
    pixels = pixels_of(encoded(values, kind))
    assert np.array_equal(pixels, pixels_of(dicom))
    assert apart(pixels, FILM) < 1
    assert apart(pixels, dcmtk_pixels(dicom, tmp_path, "+Wm", command="dcm2pnm")) <= 3


@pytest.mark.parametrize("share", [0.002, 0.015])
def test_a_bright_letter_does_not_darken_the_film(share: float) -> None:
    values, side = VALUES.copy(), int(np.sqrt(share * FILM.size))
    values[50 : 50 + side, 8 : 8 + side] = 8191
    assert apart(pixels_of(encoded(values, "PNG")), FILM) <= 6
    assert apart(pixels_of(saved(dataset(values, 14))), FILM) <= 6


def test_a_film_at_half_brightness_is_refused_by_the_gate() -> None:
    refused = check_pixels(pixels_of(encoded(FILM // 2, "PNG"))).refusal
    assert refused is not None
    assert "too dim" in refused.reason


@pytest.mark.parametrize("declared", ["RGB", "YBR_FULL_422"])
@pytest.mark.parametrize("options", [{"subsampling": 0}, {"subsampling": 2}, {"keep_rgb": True}])
@pytest.mark.parametrize("jfif", [True, False])
def test_the_jpeg_decides_between_rgb_and_ycbcr(declared: str, options: dict, jfif: bool) -> None:
    colour = np.repeat(FILM[..., None], 3, axis=2)
    jpeg = encoded(Image.fromarray(colour), "JPEG", quality=95, **options)
    if not jfif and jpeg[2:4] == b"\xff\xe0":
        jpeg = jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6]) :]
    film = decode_film(jpeg_dicom(jpeg, colour, PhotometricInterpretation=declared), "a")
    assert apart(film.pixels, FILM) < 3
    assert not film.source.colour


@pytest.mark.parametrize("declared", ["RGB", "YBR_FULL_422"])
def test_a_tinted_film_has_the_luminance_of_its_jpeg(declared: str) -> None:
    colour = np.dstack([FILM, FILM, FILM // 2])
    jpeg = encoded(Image.fromarray(colour), "JPEG", quality=95, subsampling=0)
    film = decode_film(jpeg_dicom(jpeg, colour, PhotometricInterpretation=declared), "a")
    assert apart(film.pixels, np.asarray(Image.fromarray(colour).convert("L"))) < 2
    assert film.source.colour


@pytest.mark.parametrize("neutral", [128, 0])
def test_uncompressed_ycbcr_or_a_single_channel_called_rgb_is_not_flattened(neutral: int) -> None:
    channels = np.dstack([FILM, np.full_like(FILM, neutral), np.full_like(FILM, neutral)])
    assert np.array_equal(pixels_of(saved(dataset(channels, 8))), FILM)
    assert np.array_equal(pixels_of(encoded(Image.fromarray(channels), "PNG")), FILM)


@pytest.mark.parametrize(("declared", "largest"), [(16, 4200), (16, 4095), (8, 4095), (12, 4095), (16, 65_535)])
def test_a_voi_lut_of_a_wrong_depth_is_scaled_by_its_largest_entry(declared: int, largest: int) -> None:
    entries = np.rint(np.arange(4096) / 4095 * largest).astype("<u2")
    item = table(entries, 0, 16)
    item.LUTDescriptor = [4096, 0, declared]
    assert apart(pixels_of(saved(dataset(VALUES, VOILUTSequence=[item]))), FILM) < 1


def test_a_jpeg_before_other_data_is_read_and_one_that_is_cut_is_not() -> None:
    jpeg = encoded(FILM, "JPEG", quality=90)
    alone = pixels_of(jpeg)
    clip = b"\x00\x00\x00\x18ftypmp42" + np.random.default_rng(0).bytes(50_000) + b"\xff\xda\x00\x08" + bytes(900)
    assert np.array_equal(pixels_of(jpeg + clip), alone)
    assert np.array_equal(pixels_of(jpeg + encoded(FILM[:64], "JPEG")), alone)
    for kept in (0.3, 0.6, 0.95):
        cut = jpeg[: int(len(jpeg) * kept)]
        assert "truncated JPEG" in refusal(cut, "a.jpg")
        assert "truncated JPEG" in refusal(cut + bytes(5000), "a.jpg")
        assert "truncated JPEG" in refusal(cut + clip, "a.jpg")
        assert "truncated JPEG" in refusal(cut.rstrip(b"\xff") + b"\xff\xd9", "a.jpg")


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 2}])
def test_a_mid_grey_lower_border_is_no_cut(mode: str, options: dict) -> None:
    bordered = np.vstack([FILM, np.full((90, FILM.shape[1]), 128, np.uint8)])
    jpeg = encoded(Image.fromarray(bordered).convert(mode), "JPEG", quality=90, **options)
    assert apart(pixels_of(jpeg), bordered) < 3
    assert apart(pixels_of(jpeg_dicom(jpeg, np.array(Image.fromarray(bordered).convert(mode)))), bordered) < 3
    if "progressive" not in options:
        cut = jpeg[: len(jpeg) * 7 // 10].rstrip(b"\xff") + b"\xff\xd9"
        assert "lower part is missing" in refusal(cut, "a.jpg")


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_padding_after_the_image_and_wrong_offsets_do_not_matter(syntax: str) -> None:
    ds = dataset(VALUES, **WINDOW)
    expected = pixels_of(saved(ds))
    ds.compress(syntax, generate_instance_uid=False)
    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    half = len(frame) // 4 * 2
    item = struct.Struct("<HHI")
    fragment = item.pack(0xFFFE, 0xE000, len(frame)) + frame
    variants = {
        "padding": encapsulate([frame + bytes(20)]),
        "wrong offset": item.pack(0xFFFE, 0xE000, 4) + struct.pack("<I", 4_000_000) + fragment,
        "no table": fragment,
        "fragments": item.pack(0xFFFE, 0xE000, 8)
        + struct.pack("<II", 0, half + 8)
        + item.pack(0xFFFE, 0xE000, half)
        + frame[:half]
        + item.pack(0xFFFE, 0xE000, len(frame) - half)
        + frame[half:],
    }
    for name, data in variants.items():
        if name == "no table" and syntax == RLELossless:
            continue
        ds.PixelData = data
        assert np.array_equal(pixels_of(saved(ds)), expected), name
    ds.PixelData = encapsulate([frame])
    assert np.array_equal(pixels_of(saved(ds)[:-8]), expected)  # no sequence delimiter


@pytest.mark.parametrize("mode", ["+e1", "+ee"])
def test_jpeg_lossless_and_extended_with_padding_or_a_zero_spectral_end(mode: str, tmp_path: Path) -> None:
    data = converted(saved(dataset(VALUES, **WINDOW)), tmp_path, "dcmcjpeg", mode)
    expected = dcmtk_pixels(data, tmp_path, "+Wi", "1")
    assert np.abs(pixels_of(with_frame(data, lambda frame: frame + bytes(20))).astype(int) - expected).max() <= 2
    if mode == "+ee":

        def zero_end(frame: bytes) -> bytes:
            at = frame.rindex(b"\xff\xda")
            end = at + 2 + int.from_bytes(frame[at + 2 : at + 4]) - 2
            return frame[:end] + b"\x00" + frame[end + 1 :]

        assert np.array_equal(pixels_of(with_frame(data, zero_end)), pixels_of(data))

    def cut(frame: bytes) -> bytes:
        return frame[: len(frame) * 7 // 10].rstrip(b"\xff") + b"\xff\xd9"

    assert "cut short" in (message := refusal(with_frame(data, cut))) or "damaged" in message


def test_an_8_bit_jpeg_in_16_bits_allocated_keeps_its_range() -> None:
    jpeg = encoded(FILM, "JPEG", quality=95)
    assert apart(pixels_of(jpeg_dicom(jpeg, BitsAllocated=16)), FILM) <= 2
    assert apart(pixels_of(jpeg_dicom(jpeg, BitsAllocated=16, BitsStored=12, HighBit=11)), FILM) <= 2
    assert apart(pixels_of(jpeg_dicom(jpeg, BitsAllocated=16, BitsStored=12, HighBit=11, **WINDOW)), FILM) <= 2


def test_the_codestream_overrules_samples_bits_and_size(tmp_path: Path) -> None:
    grey = encoded(FILM, "JPEG", quality=95)
    colour = np.repeat(FILM[..., None], 3, axis=2)
    assert apart(pixels_of(jpeg_dicom(grey, colour, PhotometricInterpretation="RGB")), FILM) <= 2
    assert apart(pixels_of(jpeg_dicom(encoded(Image.fromarray(colour), "JPEG", quality=95), FILM)), FILM) <= 2
    assert pixels_of(jpeg_dicom(grey, Rows=100, Columns=100)).shape == FILM.shape
    ds = pydicom.dcmread(io.BytesIO(converted(saved(dataset(VALUES, **WINDOW)), tmp_path, "dcmcjpeg", "+ee")))
    ds.BitsStored, ds.HighBit = 10, 9
    film = decode_film(saved(ds), "a")
    assert apart(film.pixels, FILM) < 1
    assert film.source.steps[0] == "12 bits used (header: 10)"


@pytest.mark.parametrize("syntax", [None, JPEG2000Lossless, RLELossless])
def test_left_aligned_values_are_read_by_their_high_bit(syntax: str | None, tmp_path: Path) -> None:
    ds = dataset(VALUES << 4, 16, **WINDOW)
    if syntax:
        ds.compress(syntax, generate_instance_uid=False)
    ds.BitsStored, ds.HighBit = 12, 15
    assert np.array_equal(pixels_of(saved(ds)), FILM)
    if not syntax:
        assert np.abs(dcmtk_pixels(saved(ds), tmp_path, "+Wi", "1", command="dcm2pnm").astype(int) - FILM).max() <= 1


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("high", [None, -1])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("syntax", [None, RLELossless])
def test_left_aligned_values_under_a_wrong_high_bit(
    bits: int, high: int | None, signed: bool, syntax: str | None
) -> None:
    """As `gdcmconv --raw` and `--rle` write them: High Bit says that the values are not shifted, or nothing."""
    values = np.rint(FILM / 255 * (2**bits - 1)).astype(np.int32) - signed * 2 ** (bits - 1)
    for shift in (1, 16 - bits):
        stored = (values << shift).astype(np.int16 if signed else np.uint16)
        centre = -0.5 if signed else 2 ** (bits - 1) - 0.5
        ds = dataset(stored, 16, WindowCenter=centre, WindowWidth=2**bits)
        if syntax:
            ds.compress(syntax, generate_instance_uid=False)
        ds.BitsStored, ds.HighBit = bits, bits - 1
        if high is None:
            del ds.HighBit
        assert np.abs(pixels_of(saved(ds)).astype(int) - FILM).max() <= 1, shift


def test_left_aligned_values_by_gdcm(tmp_path: Path) -> None:
    ds = dataset(VALUES << 4, 16, **WINDOW)
    ds.BitsStored, ds.HighBit = 12, 15
    for option in ("--raw", "--rle"):
        assert np.array_equal(pixels_of(converted(saved(ds), tmp_path, "gdcmconv", option)), FILM), option
    assert "lost the bits above" in refusal(converted(saved(ds), tmp_path, "gdcmconv", "--j2k"))


def test_values_that_are_multiples_of_16_are_not_taken_for_left_aligned() -> None:
    window = {"WindowCenter": 2039.5, "WindowWidth": 4081}
    assert np.array_equal(pixels_of(saved(dataset(FILM.astype(np.uint16) << 4, **window))), FILM)
    ds = dataset(FILM.astype(np.uint16) << 4, **window)
    ds.BitsStored, ds.HighBit = 10, 9  # too few, as the window says
    assert np.array_equal(pixels_of(saved(ds)), FILM)


@pytest.mark.parametrize("signed", [False, True])
def test_right_aligned_values_under_a_high_bit_of_15(signed: bool) -> None:
    stored = VALUES.astype(np.int16) - 2048 if signed else VALUES
    ds = dataset(stored, WindowCenter=-0.5 if signed else 2047.5, WindowWidth=4096)
    ds.HighBit = 15
    assert np.array_equal(pixels_of(saved(ds)), FILM)


def test_a_white_pixel_just_above_the_stored_bits_is_white_and_no_overlay() -> None:
    stored = VALUES.copy()
    stored[100, 128] = 4096  # as near-lossless compression leaves it
    ds = dataset(stored, 16, **WINDOW)
    ds.compress(JPEGLSLossless, generate_instance_uid=False)
    ds.BitsStored, ds.HighBit = 12, 11
    film = decode_film(saved(ds), "a")
    assert film.pixels[100, 128] == 255
    assert "values above 12 bits clipped" in film.source.steps
    ds.add_new(0x60000100, "US", 16)
    ds.add_new(0x60000102, "US", 12)
    assert pixels_of(saved(ds))[100, 128] == 0  # a declared overlay


def test_signed_left_aligned_values_keep_their_sign() -> None:
    ds = dataset((VALUES.astype(np.int16) - 2048) << 4, 12, WindowCenter=-0.5, WindowWidth=4096)
    ds.HighBit = 15
    assert np.array_equal(pixels_of(saved(ds)), FILM)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("syntax", [None, *COMPRESSED])
def test_overlay_bits_above_the_stored_ones_are_removed(syntax: str | None, declared: bool) -> None:
    overlay = (np.indices(VALUES.shape).sum(axis=0) % 97 < 3).astype(np.uint16)
    ds = dataset(VALUES | overlay << 14, 16, **WINDOW)
    if syntax:
        ds.compress(syntax, generate_instance_uid=False)
    ds.BitsStored, ds.HighBit = 12, 11
    if declared:
        ds.add_new(0x60000100, "US", 16)
        ds.add_new(0x60000102, "US", 14)
    assert np.array_equal(pixels_of(saved(ds)), FILM)
