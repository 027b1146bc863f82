"""Size, format and faults of a file without decoding it."""

from pathlib import Path

import pytest

from cxr_core.imaging.header import read_header
from cxr_core.imaging.limits import MAX_BYTES, MAX_PIXELS
from tests.support.files.dicom_files import dataset, saved
from tests.support.files.raster_files import NOISE, encoded


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (encoded(NOISE, "JPEG"), ""),
        (encoded(NOISE, "JPEG") + b"ftypmp42" + bytes(5000), ""),
        (encoded(NOISE, "JPEG")[:-700], "is truncated"),
        (encoded(NOISE, "PNG"), ""),
        (encoded(NOISE, "PNG") + bytes(9000), ""),
        (encoded(NOISE, "PNG")[:-300], "is truncated"),
        (saved(dataset()), ""),
        (b"text", "is not an image"),
        (b"", "is empty"),
    ],
)
def test_faults(data: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(data)
    header = read_header(tmp_path / "film", len(data))
    assert header["fault"] == fault
    if not fault:
        assert header["width"] in (90, 48)


def test_the_limit_of_bytes_allows_every_image_that_the_limit_of_pixels_allows(tmp_path: Path) -> None:
    assert 2 * 10_000 * 10_000 <= 2 * MAX_PIXELS <= MAX_BYTES
    assert 6 * MAX_PIXELS < MAX_BYTES  # 16-bit colour
    assert read_header(tmp_path, MAX_BYTES + 1)["fault"].startswith("is larger than")
