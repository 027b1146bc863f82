"""The markers of a JPEG: its end, its components, what it says of its colours."""

import io

import numpy as np
import pytest
from PIL import Image

from cxr_core.imaging.jpeg import is_cut, may_be_complete, parse, with_full_spectrum
from tests.support.files.raster_files import NOISE, encoded


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_the_end_is_that_of_the_image_not_of_the_file(options: dict, mode: str) -> None:
    data = encoded(NOISE.convert(mode), "JPEG", **options)
    stream = parse(data + b"\x00\xff\xda\xff\xd9more")
    assert stream is not None
    assert stream.end == len(data)
    assert (stream.width, stream.height, stream.precision) == (90, 70, 8)
    assert len(stream.component_ids) == len(Image.open(io.BytesIO(data)).getbands())
    assert len(stream.scans) > 1 if "progressive" in options else len(stream.scans) == 1


def test_a_thumbnail_in_a_segment_is_not_the_image() -> None:
    data = encoded(NOISE, "JPEG")
    thumbnail = encoded(NOISE.resize((20, 16)), "JPEG")
    segment = b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2) + b"Exif\0\0" + thumbnail
    whole = data[:2] + segment + data[2:]
    stream = parse(whole)
    assert stream is not None
    assert (stream.width, stream.end) == (90, len(whole))
    assert is_cut(whole[: len(whole) * 3 // 4])


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.6, 0.99])
def test_a_cut_file_has_no_end(fraction: float) -> None:
    data = encoded(NOISE, "JPEG")
    cut = data[: int(len(data) * fraction)]
    assert is_cut(cut)
    assert is_cut(cut + bytes(1000))
    if fraction > 0.2:
        assert is_cut(cut + data)  # the start of another image inside a scan
    assert not may_be_complete(cut)
    assert may_be_complete(data)


def test_what_is_no_jpeg_has_no_structure() -> None:
    assert parse(b"") is None
    assert parse(b"\xff\xd8\xff\xd9") is None
    assert parse(b"\x89PNG") is None


@pytest.mark.parametrize(
    ("options", "model"), [({"subsampling": 0}, "YBR"), ({"subsampling": 2}, "YBR"), ({"keep_rgb": True}, "RGB")]
)
def test_the_colour_model_comes_from_the_markers(options: dict, model: str) -> None:
    stream = parse(encoded(NOISE.convert("RGB"), "JPEG", **options))
    assert stream is not None
    assert stream.colour_model == model


def test_without_markers_the_colour_model_is_open() -> None:
    data = encoded(NOISE.convert("RGB"), "JPEG", subsampling=0)
    bare = data[:2] + data[4 + int.from_bytes(data[4:6]) :]
    stream = parse(bare)
    assert stream is not None
    assert stream.colour_model is None


def test_the_spectral_selection_of_sequential_scans_is_made_full() -> None:
    data = encoded(NOISE, "JPEG")
    stream = parse(data)
    assert stream is not None
    start = stream.scans[0][1]
    wrong = data[: start - 2] + b"\x00" + data[start - 1 :]
    assert with_full_spectrum(wrong, stream) == data
    progressive = encoded(NOISE, "JPEG", progressive=True)
    assert with_full_spectrum(progressive, parse(progressive)) == progressive  # type: ignore[arg-type]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), np.asarray(Image.open(io.BytesIO(data + b"x"))))
