"""Films are decoded once, with the result of `read_film`."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_core.datasets import input_cache as cache
from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs, luminance
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.paths import cache_folder
from tests.support.synthetic_chests import write_data_set


def test_luminance_equals_read_film(demo_set: Path) -> None:
    index = build_index(demo_set)
    compared = 0
    jpegs = index.readable.query("format == 'JPEG'")
    for path, colour in zip(jpegs["path"], jpegs["colour"], strict=True):
        fast, film = luminance(index.root / path, not colour), read_film(index.root / path)
        if fast is not None:
            difference = np.abs(fast.astype(int) - film.pixels).max()
            assert difference <= (4 if film.source.colour else 0), path
            compared += 1
    assert compared > 90


def test_colour_and_orientation_agree_to_a_few_grey_values(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    image = Image.fromarray(pixels).resize((64, 48), Image.Resampling.BICUBIC)
    image.save(tmp_path / "a.jpeg", quality=95, exif=exif)
    fast, slow = luminance(tmp_path / "a.jpeg", False), read_film(tmp_path / "a.jpeg").pixels
    assert fast is not None
    assert fast.shape == slow.shape == (64, 48)
    assert np.abs(fast.astype(int) - slow).max() <= 4


def test_cmyk_is_left_to_read_film_and_grey_from_the_same_program_is_not(tmp_path: Path) -> None:
    """Both may have an Adobe marker; the first channel of CMYK is not the luminance."""
    grey = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 48), np.uint8))
    marker = b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(5)
    for name, image in {"grey": grey, "cmyk": grey.convert("CMYK")}.items():
        image.save(tmp_path / "film.jpeg")
        data = (tmp_path / "film.jpeg").read_bytes()
        (tmp_path / f"{name}.jpeg").write_bytes(data if b"Adobe" in data else data[:2] + marker + data[2:])
    np.testing.assert_array_equal(luminance(tmp_path / "grey.jpeg", True), read_film(tmp_path / "grey.jpeg").pixels)
    assert luminance(tmp_path / "cmyk.jpeg", False) is None


@pytest.mark.parametrize("folder", ["data", "données"])
def test_large_films_share_a_buffer(tmp_path: Path, folder: str) -> None:
    noise = np.random.default_rng(0)
    for number in range(12):
        label = ("NORMAL", "PNEUMONIA")[number % 2]
        file = tmp_path / folder / label / f"{label}{number}.jpeg"
        file.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif[274] = (1, 3, 6)[number % 3]
        pixels = noise.integers(0, 256, (400 + 10 * number, 500), np.uint8)
        Image.fromarray(pixels).save(file, quality=95, exif=exif)
        assert file.stat().st_size > 50_000
    index = build_index(tmp_path / folder)
    expected = [Preprocessing(64).apply(read_film(index.root / path).pixels) for path in index.readable["path"]]
    np.testing.assert_array_equal(cached_inputs(index.root, index.readable, Preprocessing(64)), expected)


@pytest.mark.parametrize("shape", [(64, 48), (48, 64), (10, 10)])
def test_luminance_leaves_a_film_of_another_shape_to_read_film(tmp_path: Path, capfd, shape: tuple[int, int]) -> None:
    file, into = tmp_path / "film.jpeg", np.zeros(shape, np.uint8)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 48), np.uint8)).save(file)
    pixels = luminance(file, True, into)
    assert capfd.readouterr().err == ""
    if shape == (64, 48):
        assert pixels is not None
        assert np.shares_memory(pixels, into)
        np.testing.assert_array_equal(pixels, read_film(file).pixels)
    else:
        assert pixels is None


def test_a_truncated_film_is_refused(tmp_path: Path) -> None:
    films = write_data_set(tmp_path / "chest_xray", patients=2)
    file = next((films / "train" / "NORMAL").iterdir())
    file.write_bytes(file.read_bytes()[:-200])
    for into in (None, np.zeros((10, 10), np.uint8)):
        assert luminance(file, True, into) is None
        assert luminance(tmp_path / "none.jpeg", True, into) is None
    index = build_index(films)
    with pytest.raises(UnreadableFilm, match=file.name):
        cached_inputs(index.root, index.films, Preprocessing(32))
    assert not list(cache_folder("films").iterdir())


def test_a_stop_ends_the_decoding_at_once(tmp_path: Path, monkeypatch) -> None:
    index = build_index(write_data_set(tmp_path / "chest_xray", patients=20))
    started: list[Path] = []

    def slow(file: Path, *_: object) -> None:
        started.append(file)
        time.sleep(0.02)

    monkeypatch.setattr(cache, "_LARGE_BYTES", 1)  # every film is a task of its own
    monkeypatch.setattr(cache, "luminance", slow)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_inputs(index.root, index.readable, Preprocessing(32), stop)
    assert 0 < len(started) < len(index.readable) / 2
    assert not list(cache_folder("films").iterdir())


def test_a_second_call_decodes_nothing(tmp_path: Path, monkeypatch) -> None:
    index = build_index(write_data_set(tmp_path / "chest_xray", patients=2))
    reports: list[tuple[int, int]] = []
    first = cached_inputs(index.root, index.readable, Preprocessing(32), lambda *report: reports.append(report))
    assert reports[-1] == (len(first), len(first))
    monkeypatch.setattr(cache, "_write", lambda *_: pytest.fail("decoded again"))
    np.testing.assert_array_equal(cached_inputs(index.root, index.readable, Preprocessing(32)), first)
    expected = [Preprocessing(32).apply(read_film(index.root / path).pixels) for path in index.readable["path"]]
    np.testing.assert_array_equal(first, expected)


def test_the_cache_holds_what_reading_gives_and_is_written_once(tmp_path: Path) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=3))
    preprocessing = Preprocessing(32)
    first = cached_inputs(index.root, index.readable, preprocessing)
    expected = [preprocessing.apply(read_film(index.root / path).pixels) for path in index.readable["path"]]
    np.testing.assert_array_equal(first, np.stack(expected))
    for path in index.readable["path"]:
        (index.root / path).unlink()
    np.testing.assert_array_equal(cached_inputs(index.root, index.readable, preprocessing), first)


def test_a_film_that_went_bad_after_the_index_is_named(tmp_path: Path) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=2))
    (index.root / index.readable["path"].iloc[1]).write_text("x")
    with pytest.raises(UnreadableFilm, match=index.readable["file"].iloc[1]):
        cached_inputs(index.root, index.readable, Preprocessing(32))


@pytest.mark.parametrize("damage", ["zeroed", "cut", "empty", "another file"])
def test_a_damaged_cache_is_written_again(tmp_path: Path, damage: str) -> None:
    index = build_index(write_data_set(tmp_path / "chest_xray", patients=6))
    right = np.array(cached_inputs(index.root, index.readable, Preprocessing(32)))
    [file] = cache_folder("films").glob("*.npy")
    whole = file.read_bytes()
    tail = len(whole) // 3
    contents = {"zeroed": whole[:-tail] + bytes(tail), "cut": whole[:-tail], "empty": b"", "another file": b"x" * 999}
    file.write_bytes(contents[damage])
    np.testing.assert_array_equal(cached_inputs(index.root, index.readable, Preprocessing(32)), right)
    assert file.read_bytes() == whole


def test_a_film_that_changed_since_it_was_indexed_is_not_cached_as_the_old_one(tmp_path: Path) -> None:
    index = build_index(write_data_set(tmp_path / "chest_xray", patients=6))
    first, second = (index.root / path for path in index.readable["path"].iloc[[0, -1]])
    first.write_bytes(second.read_bytes())
    with pytest.raises(UnreadableFilm, match=f"{first.name}: has changed since the data set was indexed"):
        cached_inputs(index.root, index.readable, Preprocessing(32))
    assert not list(cache_folder("films").glob("*.npy"))
    again = build_index(index.root)
    assert len(cached_inputs(again.root, again.readable, Preprocessing(32))) == len(again.readable)
