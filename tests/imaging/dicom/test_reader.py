"""DICOM files become films, or are refused with the reason."""

import struct
import zlib
from functools import partial

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from cxr_core.imaging.decode import decode_film, read_film, sniff
from cxr_core.limits import check_inflated
from tests.support.files.dicom_files import bundled, dataset, film_of, saved
from tests.support.files.refusals import refusal


def test_a_real_chest_film_is_bright_where_bone_is() -> None:
    film = read_film(str(get_testdata_file("RG1_UNCR.dcm")))
    height, width = film.pixels.shape
    assert (height, width) == (1955, 1841)

    def mean(top: float, bottom: float, left: float, right: float) -> float:
        rows, columns = slice(int(top * height), int(bottom * height)), slice(int(left * width), int(right * width))
        return float(film.pixels[rows, columns].mean())

    spine, right_lung, left_lung = mean(0.3, 0.6, 0.47, 0.53), mean(0.2, 0.4, 0.2, 0.35), mean(0.2, 0.4, 0.62, 0.8)
    air, belly = mean(0.02, 0.08, 0.01, 0.08), mean(0.85, 0.95, 0.3, 0.7)
    assert spine > right_lung + 30
    assert spine > left_lung + 30
    assert air < min(right_lung, left_lung)
    assert belly > max(right_lung, left_lung)  # the right way up: the abdomen lies at the bottom
    assert film.source.format == "DICOM"
    assert film.source.bits == 15
    assert film.source.steps == ("window centre 15000, width 30000 (LINEAR)", "grey scale inverted (MONOCHROME1)")
    assert film.source.header["ViewPosition"] == "PA"
    assert film.source.header["BodyPartExamined"] == "CHEST"


def test_colour_becomes_luminance() -> None:
    colours = np.zeros((32, 32, 3), np.uint8)
    colours[..., 0] = 255
    film = film_of(colours, 8)
    assert np.unique(film.pixels) == 76
    assert film.source.colour
    grey = np.repeat(np.arange(32, dtype=np.uint8)[:, None, None], 32, 1).repeat(3, 2)
    film = film_of(grey, 8)
    assert np.array_equal(film.pixels, grey[..., 0])
    assert not film.source.colour


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_file_without_preamble_and_meta_is_read(syntax: UID) -> None:
    ds = dataset(syntax=syntax, WindowCenter=2048, WindowWidth=4096)
    data = saved(ds)
    meta_length = struct.unpack("<I", data[140:144])[0]
    assert sniff(data[132:]) == "DICOM"
    assert sniff(data[144 + meta_length :]) == "DICOM"
    expected = decode_film(data, "a").pixels
    assert np.array_equal(decode_film(data[132:], "a").pixels, expected)
    assert np.array_equal(decode_film(data[144 + meta_length :], "a").pixels, expected)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("test-SR.dcm", "without an image (Comprehensive SR Storage)"),
        ("rtplan.dcm", "without an image (RT Plan Storage)"),
        ("DICOMDIR", "without an image (Media Storage Directory Storage)"),
        ("SC_rgb_rle_2frame.dcm", "of 2 frames"),
        ("SC_rgb_rle_32bit.dcm", "32 bits in 32"),
        ("liver_1frame.dcm", "1 bits in 1"),
        ("MR_truncated.dcm", "truncated"),
    ],
)
def test_what_is_no_single_image_is_refused_with_its_reason(name: str, reason: str) -> None:
    assert reason in refusal(bundled(name))


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"Rows": 60_000, "Columns": 60_000}, "60,000 x 60,000 pixels, more than the limit"),
        ({"Rows": 8}, "48 x 8 pixels, less than"),
        ({"NumberOfFrames": 100_000}, "100,000 frames"),
        ({"Rows": 4000, "Columns": 4000}, "truncated"),
        ({"PhotometricInterpretation": "XYZ"}, "photometric interpretation 'XYZ', which is not read"),
        ({"BitsStored": 0}, "0 bits in 16"),
    ],
)
def test_headers_that_do_not_fit_are_refused_at_once(tags: dict, reason: str) -> None:
    data = saved(dataset(**tags))
    assert reason in refusal(data)


def test_missing_and_floating_point_pixels_are_refused() -> None:
    ds = dataset()
    del ds.PixelData
    assert "pixel data are missing or cut short" in refusal(saved(ds))
    ds.FloatPixelData = np.zeros((32, 48), np.float32).tobytes()
    assert "floating-point" in refusal(saved(ds))


@pytest.mark.parametrize("name", ["RG3_UNCI.dcm", "RG3_J2KI.dcm", "JPGExtended.dcm", "MR_small_RLE.dcm"])
@pytest.mark.parametrize("fraction", [0.02, 0.5, 0.97])
def test_truncated_files_are_refused(name: str, fraction: float) -> None:
    data = bundled(name)
    refusal(data[: int(len(data) * fraction)])


def test_a_deflated_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_core.imaging.dicom.syntaxes.check_inflated", partial(check_inflated, most=1_000_000))
    data = saved(dataset(syntax=DeflatedExplicitVRLittleEndian))
    start = 144 + struct.unpack("<I", data[140:144])[0]
    packer = zlib.compressobj(wbits=-15)
    bomb = data[:start] + packer.compress(bytes(1_000_001)) + packer.flush()
    assert "a deflated DICOM file that unpacks to more than the limit of 1,000,000 bytes" in refusal(bomb)


def test_values_that_lossy_compression_lifts_above_the_stored_bits_stay_white() -> None:
    """gdcm's near-lossless JPEG-LS writes 4,097 for 4,095 into a stream of 16 bits; masked, single pixels are black."""
    values = np.tile(np.linspace(0, 4095, 600).astype(np.uint16), (600, 1))
    values[300, -20:] = 4097  # in a row that a sparse sample of the rows may miss
    values[301, -20:] = 4095
    film = film_of(values, 12, WindowCenter=2048, WindowWidth=4096)
    assert film.pixels[300, -20:].min() == 255
    assert "values above 12 bits clipped" in film.source.steps
    assert film.source.bits == 12
