"""The content decides the format, and what is no film is refused with its reason."""

import os
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging import decode
from cxr_core.imaging.decode import ACCEPTED, decode_film, read_film, sniff
from cxr_core.imaging.film import Film
from tests.support.files.dicom_files import bundled, dataset, saved, table
from tests.support.files.raster_files import NOISE, RAMP, encoded
from tests.support.files.refusals import refusal

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WebP")


@pytest.mark.parametrize(("kind", "head"), [(kind, encoded(RAMP, kind)[:132]) for kind in FORMATS])
def test_sniff_knows_every_format(kind: str, head: bytes) -> None:
    assert sniff(head) == kind


def test_sniff_prefers_dicom_and_knows_what_it_does_not_know() -> None:
    assert sniff(b"II*\x00" + bytes(124) + b"DICM") == "DICOM"
    assert sniff(b"") is None
    assert sniff(b"BMxy this is a letter") is None


def test_what_is_not_an_image_is_named() -> None:
    assert refusal(b"x", "a.jpg") == f"a.jpg: not an image (1 byte); accepted are {ACCEPTED}."
    assert "an empty file (0 bytes)" in refusal(b"")
    assert "a PDF document (9 bytes)" in refusal(b"%PDF-1.7\n")
    assert "a GIF image" in refusal(encoded(RAMP, "GIF"))
    assert "a bare JPEG 2000 image" in refusal(encoded(RAMP, "JPEG2000"))


def test_a_name_with_a_line_break_stays_one_line() -> None:
    with pytest.raises(UnreadableFilm, match=r"^a\?b: not an image"):
        decode_film(b"x", "a\nb")


def test_a_file_above_the_byte_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(decode.MAX_BYTES + 1)
    with pytest.raises(UnreadableFilm, match=r"big\.png: 610,000,001 bytes, more than the limit of 610,000,000 bytes;"):
        read_film(path)
    monkeypatch.setattr(decode, "MAX_BYTES", 10)
    assert "11 bytes" in refusal(bytes(11))


def test_read_film_reads_what_decode_film_decodes(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(encoded(RAMP, "PNG"))
    film = read_film(str(path))
    assert film.name == "film.dcm"
    assert film.source.format == "PNG"
    assert np.array_equal(film.pixels, RAMP)


def test_paths_that_are_no_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    cases = {
        tmp_path / "none.png": "none.png: no such file;",
        tmp_path: "a folder;",
        tmp_path / "pipe": "pipe: not a regular file;",
        tmp_path / "a\0b": "a?b: not a valid path;",
        tmp_path / ("x" * 300): "cannot be read",
    }
    for path, reason in cases.items():
        with pytest.raises(UnreadableFilm) as caught:
            read_film(path)
        assert reason in str(caught.value)


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(RAMP, "PNG"))

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # as root, no mode bits deny anything
    with pytest.raises(UnreadableFilm, match=r"^a\.png: no permission to read it;"):
        read_film(path)


def test_decoding_in_threads_leaves_the_warning_filters_as_they_were() -> None:
    before = list(warnings.filters)
    data = encoded(RAMP, "PNG")
    threads = [threading.Thread(target=lambda: [decode_film(data, "a") for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def mutant_is_film(seed: bytes, random: np.random.Generator) -> bool:
    """Whether the bytes, some of them changed, doubled or lost, make a film; any other exception passes through."""
    data = bytearray(seed)
    for at in random.integers(0, min(len(data), int(random.choice([40, 400, 10_000]))), random.integers(1, 6)):
        data[at] = random.integers(256)
    if random.random() < 0.2:
        cut = int(random.integers(1, len(data)))
        data = data[:cut] + data[cut // 2 :]
    if random.random() < 0.2:
        del data[int(random.integers(1, len(data))) :]
    try:
        return isinstance(decode_film(bytes(data), "mutant"), Film)
    except UnreadableFilm:
        return False


def test_mutated_raster_files_give_a_film_or_a_refusal_and_no_chatter(capfd: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(20)
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = NOISE.crop((0, 0, 40, 30))
    seeds = [encoded(noise, kind, exif=exif) for kind in ("JPEG", "PNG", "TIFF", "WebP")]
    seeds += [encoded(noise.convert("RGBA"), "PNG"), encoded(noise.convert("RGB"), "JPEG", progressive=True)]
    seeds += [encoded(noise, "TIFF", compression="tiff_lzw"), encoded(noise.convert("P"), "BMP")]
    outcomes = [Film if mutant_is_film(seed, random) else UnreadableFilm for seed in seeds for _ in range(25)]
    assert Film in outcomes
    assert UnreadableFilm in outcomes
    assert capfd.readouterr() == ("", "")


def test_mutated_dicom_files_give_a_film_or_a_refusal_and_no_chatter(capfd: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(7)
    seeds = [bundled("JPGExtended.dcm"), bundled("SC_rgb_rle.dcm"), saved(dataset(WindowCenter=9, WindowWidth=9))]
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        ds = dataset()
        ds.compress(syntax, generate_instance_uid=False)
        seeds.append(saved(ds))
    seeds.append(saved(dataset(syntax=DeflatedExplicitVRLittleEndian)))
    seeds.append(saved(dataset(VOILUTSequence=[table(np.arange(64), 0, 16)]))[132:])
    films = 0
    for seed in seeds:
        for _ in range(25):
            data = bytearray(seed)
            for at in random.integers(128, min(len(data), int(random.choice([500, 1200, 10_000]))), 3):
                data[at] = random.integers(256)
            if random.random() < 0.2:
                del data[int(random.integers(1, len(data))) :]
            try:
                films += isinstance(decode_film(bytes(data), "mutant"), Film)
            except UnreadableFilm:
                continue
    assert 20 < films < 190
    assert capfd.readouterr() == ("", "")
