"""What dcmtk and gdcm write is read as they display it, in every transfer syntax and bit depth that they can write."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cxr_core.imaging.decode import decode_film
from tests.support.files.dicom_files import dataset, saved
from tests.support.files.reference_decoders import converted, dcmtk_pixels
from tests.support.synthetic_chests import chest

LOSSLESS = [
    ("dcmcjpeg", "+e1"),
    ("dcmcjpeg", "+el"),
    ("dcmcjpeg", "+e1", "+fs", "1"),  # fragments of 1 kB
    ("dcmcjpls",),
    ("dcmcrle",),
    ("dcmconv", "+tb"),  # big endian
    ("dcmconv", "+td"),  # deflated
    ("gdcmconv", "--jpeg"),
    ("gdcmconv", "--jpegls"),
    ("gdcmconv", "--j2k"),
    ("gdcmconv", "--rle"),
]
LOSSY = [("dcmcjpeg", "+eb"), ("dcmcjpls", "+en"), ("gdcmconv", "--lossy", "-q", "90", "--j2k")]
COMMAND = {"dcmcjpls": "dcml2pnm", "dcmcrle": "dcm2pnm", "dcmconv": "dcm2pnm"}


def film(bits: int, signed: bool = False) -> np.ndarray:
    """A film of `bits`, 200 x 256 pixels, with noise in its lowest bits."""
    pixels = cv2.resize(chest(1, pneumonia=True, side=256), (256, 200)).astype(np.int32)
    values = (pixels << (bits - 8)) + np.random.default_rng(0).integers(0, 2 ** max(0, bits - 8), pixels.shape)
    kind = ("i" if signed else "u") + ("1" if bits == 8 else "2")
    return (values - (2 ** (bits - 1) if signed else 0)).astype(kind)


def source(bits: int, signed: bool = False, **tags: Any) -> bytes:
    centre = -0.5 if signed else 2 ** (bits - 1) - 0.5
    return saved(dataset(film(bits, signed), bits, WindowCenter=centre, WindowWidth=2**bits, **tags))


@pytest.mark.parametrize("command", LOSSLESS, ids=" ".join)
@pytest.mark.parametrize(
    ("bits", "signed", "photometric"),
    [(8, False, "MONOCHROME2"), (12, False, "MONOCHROME2"), (16, False, "MONOCHROME1"), (12, True, "MONOCHROME1")],
)
def test_lossless_files_are_identical(
    command: tuple[str, ...], bits: int, signed: bool, photometric: str, tmp_path: Path
) -> None:
    native = source(bits, signed, PhotometricInterpretation=photometric)
    rewritten = converted(native, tmp_path, *command)
    pixels = decode_film(rewritten, "a").pixels
    assert np.array_equal(pixels, decode_film(native, "a").pixels)
    reference = dcmtk_pixels(native, tmp_path, "+Wi", "1", command="dcm2pnm")
    assert np.abs(pixels.astype(int) - reference).max() <= 1  # dcmtk rounds down


@pytest.mark.parametrize("command", LOSSY, ids=" ".join)
@pytest.mark.parametrize("bits", [8, 12])
def test_lossy_files_are_within_two_grey_levels(command: tuple[str, ...], bits: int, tmp_path: Path) -> None:
    native = source(bits)
    pixels = decode_film(converted(native, tmp_path, *command), "a").pixels
    assert np.abs(pixels.astype(int) - decode_film(native, "a").pixels).mean() <= 2


def test_twelve_bit_jpeg_is_what_dcmtk_decodes(tmp_path: Path) -> None:
    rewritten = converted(source(12), tmp_path, "dcmcjpeg", "+ee")
    reference = dcmtk_pixels(rewritten, tmp_path, "+Wi", "1")
    assert np.abs(decode_film(rewritten, "a").pixels.astype(int) - reference).max() <= 2
