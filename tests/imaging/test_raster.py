"""Raster files become films: pixels are exact, and what is incomplete is refused."""

import hashlib
import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from cxr_core.imaging.decode import decode_film
from tests.support.files.raster_files import NOISE, RAMP, encoded, huge, packed_tiff, png, png_of
from tests.support.files.refusals import refusal

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WebP")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_grey_of_lossless_formats_is_exact(kind: str) -> None:
    data = encoded(RAMP, kind)
    film = decode_film(data, "folder/film.jpg")
    assert np.array_equal(film.pixels, RAMP)
    assert film.pixels.flags.c_contiguous
    assert not film.pixels.flags.writeable
    assert (film.name, film.sha256) == ("film.jpg", hashlib.sha256(data).hexdigest())
    source = film.source
    assert (source.format, source.width, source.height, source.bits) == (kind, 56, 40, 8)
    assert (source.colour, source.steps, source.header) == (False, (), {})


def test_a_grey_jpeg_is_what_pillow_decodes_as_l() -> None:
    data = encoded(RAMP, "JPEG", quality=80)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert("L"))
    assert np.array_equal(decode_film(data, "a").pixels, expected)


def test_a_grey_webp_is_close_and_has_no_colour() -> None:
    film = decode_film(encoded(RAMP, "WEBP", lossless=True), "a")
    assert np.array_equal(film.pixels, RAMP)
    assert (film.source.format, film.source.colour) == ("WebP", False)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits"])
def test_compressed_tiff_is_exact(compression: str) -> None:
    assert np.array_equal(decode_film(encoded(RAMP, "TIFF", compression=compression), "a").pixels, RAMP)


def test_colour_becomes_rec_601_luminance() -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 200, 200]], np.uint8)
    image = np.repeat(colours[None, :, :], 20, axis=0).repeat(10, axis=1)
    film = decode_film(encoded(image, "PNG"), "a")
    assert film.pixels[0, ::10].tolist() == [76, 150, 29, 200]
    assert film.source.colour
    assert film.source.steps == ("colour to luminance",)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_grey_in_any_mode_is_the_same_film_without_colour(mode: str) -> None:
    film = decode_film(encoded(Image.fromarray(RAMP).convert(mode), "PNG"), "a")
    assert np.array_equal(film.pixels, RAMP)
    assert not film.source.colour


def test_a_grey_film_stored_as_colour_jpeg_has_no_colour() -> None:
    film = decode_film(encoded(NOISE.convert("RGB"), "JPEG", quality=60), "a")
    assert film.source.steps == ("equal channels to one",)


def test_a_cmyk_jpeg_is_read() -> None:
    film = decode_film(encoded(Image.fromarray(RAMP).convert("RGB").convert("CMYK"), "JPEG", quality=95), "a")
    assert np.abs(film.pixels.astype(int) - RAMP).mean() < 3


def test_one_bit_images_become_black_and_white() -> None:
    bits = np.random.default_rng(0).random((32, 48)) > 0.5
    for kind in ("PNG", "TIFF"):
        film = decode_film(encoded(bits, kind), "a")
        assert np.array_equal(film.pixels, np.where(bits, 255, 0))
        assert film.source.bits == 1


def test_four_bit_grey_png_spans_black_to_white() -> None:
    film = decode_film(png(32, 16, 4, 0, (b"\x00" + b"\x0f" * 16) * 16), "a")
    assert np.unique(film.pixels).tolist() == [0, 255]
    assert film.source.bits == 4


def test_transparency_is_composited_on_black() -> None:
    image = np.dstack([np.full((16, 20), 200, np.uint8), np.zeros((16, 20), np.uint8)])
    image[:, 10:, 1] = 128
    film = decode_film(encoded(Image.fromarray(image, "LA"), "PNG"), "a")
    assert np.unique(film.pixels[:, :10]) == 0
    assert np.unique(film.pixels[:, 10:]) == 100
    assert "transparency composited on black" in film.source.steps


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_sixteen_bit_grey_is_scaled_by_its_own_range(kind: str, bits: int) -> None:
    values = np.linspace(0, 2**bits - 1, 40 * 56).reshape(40, 56).astype(np.uint16)
    film = decode_film(encoded(values, kind), "a")
    assert np.array_equal(film.pixels, np.rint(values / (2**bits - 1) * 255))
    assert film.source.bits == 16
    assert film.source.steps == (f"16 bits stored, values 0 to {2**bits - 1} shown",)


def test_a_full_sixteen_bit_film_is_divided_by_257() -> None:
    values = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    assert np.array_equal(decode_film(encoded(values, "PNG"), "a").pixels, np.arange(256).reshape(16, 16))


def test_sixteen_bit_tiff_with_white_as_zero_is_inverted() -> None:
    values = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    data = bytearray(encoded(values, "TIFF"))
    entry = data.index(struct.pack("<HHIH", 262, 3, 1, 1))
    data[entry + 8 : entry + 10] = b"\x00\x00"
    film = decode_film(bytes(data), "a")
    assert np.array_equal(film.pixels, 255 - np.arange(256).reshape(16, 16))
    assert film.source.steps[-1] == "grey scale inverted (white is zero)"


@pytest.mark.parametrize(("colour_type", "samples"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colour_and_alpha_are_scaled_as_grey_is(colour_type: int, samples: int) -> None:
    values = np.repeat((np.arange(256, dtype=np.uint16) * 257).reshape(16, 16, 1), samples, axis=2)
    if colour_type in (4, 6):
        values[..., -1] = 65535
    film = decode_film(png_of(values, colour_type), "a")
    assert np.array_equal(film.pixels, np.arange(256).reshape(16, 16))
    assert "16 bits stored, values 0 to 65535 shown" in film.source.steps
    assert not film.source.colour
    assert film.source.bits == 16


@pytest.mark.parametrize(("colour_type", "samples"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colour_of_few_bits_is_no_darker(colour_type: int, samples: int) -> None:
    ramp = np.linspace(0, 4200, 40 * 56).reshape(40, 56).astype(np.uint16)
    values = np.repeat(ramp[..., None], samples, axis=2)
    if colour_type in (4, 6):
        values[..., -1] = 65535
    assert np.array_equal(decode_film(png_of(values, colour_type), "a").pixels, np.rint(ramp / 4200 * 255))


def test_transparent_pixels_of_16_bits_are_black_and_do_not_count_for_the_range() -> None:
    values = np.zeros((40, 56, 2), np.uint16)
    values[..., 0] = np.linspace(1000, 2000, 56).astype(np.uint16)
    values[:, 10:, 1] = 65535
    values[:, :10, 0] = 60000
    film = decode_film(png_of(values, 4), "a")
    assert np.unique(film.pixels[:, :10]) == 0
    assert (film.pixels[0, 10], film.pixels[0, -1]) == (0, 255)


def test_floating_point_values_are_refused_and_negative_ones_are_read() -> None:
    assert "floating-point" in refusal(encoded(RAMP.astype(np.float32), "TIFF"))
    film = decode_film(encoded(RAMP.astype(np.int32) - 5, "TIFF"), "a")
    assert np.array_equal(film.pixels, RAMP)
    assert film.source.steps == ("32 bits stored, values -5 to 250 shown",)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_tiff_of_10_to_14_bits_is_read(bits: int) -> None:
    values = (np.linspace(0, 2**bits - 1, 20 * 32).reshape(20, 32)).astype(np.uint16)
    film = decode_film(packed_tiff(values, bits), "a")
    assert np.abs(film.pixels - values / (2**bits - 1) * 255).max() <= 0.5 + 1e-9
    assert film.source.bits == bits


def test_a_tiff_of_a_kind_that_is_not_read_is_named() -> None:
    data = packed_tiff(np.zeros((20, 32), np.uint16), 14)
    compression = data.index(struct.pack("<HHII", 259, 3, 1, 1))
    assert "TIFF" in refusal(data[: compression + 8] + struct.pack("<I", 34712) + data[compression + 12 :])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WebP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    upright = np.zeros((32, 48), np.uint8)
    upright[:16, :24], upright[:16, 24:], upright[16:, :24] = 240, 160, 80  # quadrants, so that each turn differs
    # How the upright film lies in a file with each orientation (EXIF 2.3, 4.6.4 A).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WebP" else {"quality": 95} if kind == "JPEG" else {}
    film = decode_film(encoded(np.ascontiguousarray(stored), kind, exif=exif, **options), "a")
    assert np.abs(film.pixels.astype(int) - upright).max() < 12
    assert (film.source.width, film.source.height) == (48, 32)
    assert ("rotated by its EXIF orientation" in film.source.steps) == (orientation > 1)


def test_sixteen_bit_tiff_is_rotated_too() -> None:
    values = np.arange(16 * 32, dtype=np.uint16).reshape(16, 32) * 128
    exif = Image.Exif()
    exif[0x0112] = 6
    film = decode_film(encoded(values, "TIFF", exif=exif), "a")
    assert np.array_equal(film.pixels, np.rot90(np.rint(values / values.max() * 255), -1))


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WebP"])
def test_the_first_of_several_images_is_taken(kind: str) -> None:
    others = [Image.fromarray(255 - RAMP)]
    options = {"lossless": True} if kind == "WebP" else {}
    film = decode_film(encoded(RAMP, kind, save_all=True, append_images=others, **options), "a")
    assert np.array_equal(film.pixels, RAMP)
    assert "first of several images taken" in film.source.steps


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_truncated_files_are_refused(kind: str, fraction: float) -> None:
    data = encoded(NOISE, kind)
    refusal(data[: int(len(data) * fraction)])


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_files_with_a_zeroed_tail_are_refused(kind: str, options: dict) -> None:
    data = encoded(NOISE, kind, **options)
    for kept in (len(data) // 3, len(data) * 9 // 10):
        refusal(data[:kept] + bytes(len(data) - kept))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_that_ends_early_with_a_valid_marker_is_refused(mode: str) -> None:
    data = encoded(NOISE.convert(mode), "JPEG")
    assert "its lower part is missing" in refusal(data[: len(data) * 7 // 10] + b"\xff\xd9")
    assert "its lower part is missing" in refusal(huge("JPEG", 900))


def test_a_jpeg_of_nothing_but_mid_grey_is_a_film() -> None:
    assert np.unique(decode_film(encoded(np.full((40, 40), 128, np.uint8), "JPEG"), "a").pixels) == 128


def test_a_png_with_a_flipped_bit_is_refused() -> None:
    data = bytearray(encoded(NOISE, "PNG"))
    data[len(data) // 2] ^= 1
    refusal(bytes(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
@pytest.mark.parametrize("side", [60_000, 12_000])
def test_a_header_that_claims_too_much_is_refused_before_memory_is_taken(kind: str, side: int) -> None:
    assert "more than the limit of 100,000,000 pixels" in refusal(huge(kind, side))


def test_a_film_of_a_few_pixels_is_refused() -> None:
    assert "56 x 15 pixels, less than" in refusal(encoded(RAMP[:15], "PNG"))
    assert decode_film(encoded(RAMP[:16, :16], "PNG"), "a").pixels.shape == (16, 16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_colour_is_read_and_rotated(kind: str) -> None:
    ramp = np.linspace(0, 4000, 20 * 32).reshape(20, 32).astype(np.uint16)
    expected = np.rint(ramp / 4000 * 255)
    _, encoded_ramp = cv2.imencode(f".{kind.lower()}", np.repeat(ramp[..., None], 3, axis=2))
    data = encoded_ramp.tobytes()
    if kind == "PNG":
        exif = Image.Exif()
        exif[0x0112] = 6
        chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
        data = data[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
        expected = np.rot90(expected, -1)
    assert np.array_equal(decode_film(data, "a").pixels, expected)


def test_a_tiff_of_an_unread_compression_is_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    film = packed_tiff(np.arange(1_600, dtype=np.uint16).reshape(40, 40), 12)
    jpeg_2000 = film.replace(struct.pack("<HHII", 259, 3, 1, 1), struct.pack("<HHII", 259, 3, 1, 34_712))
    assert "whose samples or compression" in refusal(jpeg_2000, "a.tif")
    assert capfd.readouterr().err == ""
