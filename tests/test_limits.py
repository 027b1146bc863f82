"""What a file from outside may cost. `tests/system/test_limits.py` gives the same files to the verbs."""

import io
import os
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxr_core import limits
from cxr_core.backend import load_network
from cxr_core.datasets.archives import unpack
from cxr_core.datasets.boxes import read_boxes
from cxr_core.datasets.folder_layout import find_files
from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError, UnusableFile
from cxr_core.evaluation.score_table import is_score_table, read_scores_csv
from cxr_core.imaging.header import read_header
from cxr_core.inference.batch import find_films
from tests.support import bombs
from tests.support.synthetic_films import jpeg, write


def test_a_deflated_dicom_bomb_is_refused_without_inflating_it(tmp_path: Path) -> None:
    file = tmp_path / "film.dcm"
    file.write_bytes(bombs.deflated_dicom(300_000_000))
    tracemalloc.start()
    header = read_header(file, file.stat().st_size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert header["fault"] == "unpacks to more than the limit of 210,000,000 bytes"
    assert peak < 30_000_000


def test_a_deflated_film_of_the_right_size_keeps_its_header(tmp_path: Path) -> None:
    file = tmp_path / "film.dcm"
    file.write_bytes(bombs.deflated_dicom(0))
    header = read_header(file, file.stat().st_size)
    assert (header["width"], header["height"], header["fault"]) == (48, 32, "")


def test_inflated_bytes_are_counted_exactly() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(bytes(1_000)) + packer.flush()
    limits.check_inflated(packed, 1_000)
    with pytest.raises(UnusableFile, match="more than the limit of 999 bytes"):
        limits.check_inflated(packed, 999)
    with pytest.raises(zlib.error):
        limits.check_inflated(b"\xff" * 20, 1_000)


def test_a_zip_is_judged_by_all_of_its_entries_together(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"1,900,000,000 bytes from [\d,]+, more than 20 times"):
        unpack(bombs.many_small_entries(tmp_path / "small.zip"))


def test_a_deep_zip_and_a_long_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="a file in 1,500 folders, more than the limit of 31"):
        unpack(bombs.deep_entry(tmp_path / "deep.zip"))
    with zipfile.ZipFile(tmp_path / "long.zip", "w") as archive:
        archive.writestr("x" * 300 + ".jpeg", b"x")
    with pytest.raises(DataSetError, match="longer than the 255 bytes"):
        unpack(tmp_path / "long.zip")


def test_every_corrupt_archive_is_one_sentence(tmp_path: Path) -> None:
    for archive in bombs.corrupt_archives(tmp_path):
        with pytest.raises(DataSetError, match=r"damaged|shorter than its shape") as error:
            build_index(archive)
        assert archive.name in str(error.value)
        assert "free some space" not in str(error.value)


def test_a_network_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="more than 20 times as many"):
        load_network(bombs.network_bomb(tmp_path / "model.keras", 300_000_000))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip"])
def test_a_damaged_network_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.keras").write_bytes(data)
    with pytest.raises(UnusableFile, match="damaged"):
        load_network(tmp_path / "model.keras")


def test_weights_that_declare_more_than_the_file_holds_are_refused(tmp_path: Path) -> None:
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as weights:
        weights.create_dataset("w", (40_000, 40_000), "f4", chunks=(1_000, 1_000), compression="gzip")
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("model.weights.h5", stream.getvalue())
    with pytest.raises(UnusableFile, match="declares weights of 6,400,000,000 bytes"):
        limits.check_network_file(tmp_path / "model.keras")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["pipe.csv", "pipe.zip", "pipe.npz"])
def test_a_pipe_is_never_opened(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataSetError, match="is not a regular file"):
        build_index(tmp_path / name)
    assert not is_score_table(tmp_path / name)
    with pytest.raises(DataSetError, match="is not a regular file"):
        read_scores_csv(tmp_path / name)
    table = tmp_path / "table.csv"
    table.write_text(f"path,label\n{name},NORMAL\n")
    assert build_index(table).films["fault"].tolist() == ["is not a regular file"]


def test_a_table_of_too_many_columns_or_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="more than 1,000 columns"):
        read_scores_csv(bombs.wide_scores(tmp_path / "wide.csv"))
    (tmp_path / "quoted.csv").write_text('"a\n' + '",' + ",".join("b" * 2_000) + "\n1\n")
    (tmp_path / "endless.csv").write_text("x" * limits.TABLE_HEADER_CHARACTERS + "," * 5_000)
    for name in ("quoted.csv", "endless.csv"):
        with pytest.raises(UnusableFile, match=r"1,000 columns|not a readable table"):
            limits.read_table(tmp_path / name)
    (tmp_path / "long.csv").write_text("a\n1\n2\n3\n")
    assert len(limits.read_table(tmp_path / "long.csv", 3)) == 3
    with pytest.raises(UnusableFile, match="more than 2 rows"):
        limits.read_table(tmp_path / "long.csv", 2)


def test_wide_rows_below_a_narrow_header_are_refused(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("file,label\n" + ",".join(["1"] * 50_000) + "\n")
    with pytest.raises(UnusableFile, match="not a readable table"):
        limits.read_table(tmp_path / "wide.csv")


def test_folders_are_followed_to_a_limit(tmp_path: Path) -> None:
    root = write(tmp_path, {"data/NORMAL/a.jpeg": jpeg(1), "data/PNEUMONIA/b.jpeg": jpeg(2)}) / "data"
    deep = root / "NORMAL"
    for _ in range(1_500 // 5):
        deep = deep / "d"
        deep.mkdir()
    (deep / "c.jpeg").write_bytes(jpeg(3))
    found = find_files(root)
    assert [file.path for file in found.files] == ["NORMAL/a.jpeg", "PNEUMONIA/b.jpeg"]
    assert any("more than 32 folders deep" in note for note in found.notes)
    assert [film.name for film in find_films([str(root)])] == ["a.jpeg", "b.jpeg"]


def test_a_directory_of_too_many_entries_is_not_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(20):
            archive.writestr(str(number), b"")
    with pytest.raises(UnusableFile, match="too many files"):
        limits.open_zip(packed, replace(limits.DROPPED, directory=100))
    with pytest.raises(UnusableFile, match="20 files, more than the limit of 10"):
        limits.open_zip(packed, replace(limits.DROPPED, entries=10))


def test_arrays_are_read_and_objects_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    assert limits.read_arrays(tmp_path / "a.npz")["x"].tolist() == [0, 1, 2]
    np.savez(tmp_path / "b.npz", x=np.array([{}]))
    with pytest.raises(UnusableFile, match="damaged or incomplete"):
        limits.read_arrays(tmp_path / "b.npz")


def test_bytes_are_read_to_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    assert limits.read_bytes(tmp_path / "a", 10) == bytes(10)
    with pytest.raises(UnusableFile, match="10 bytes, more than the limit of 9"):
        limits.read_bytes(tmp_path / "a", 9)
    with pytest.raises(UnusableFile, match="is a folder"):
        limits.read_bytes(tmp_path)
    with pytest.raises(UnusableFile, match="not a valid path"):
        limits.read_bytes(Path("a\0b"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b'path,label\n"a.jpeg,0\n', "a quotation mark is not closed"),
        (b"path,label\na,0\nb,1,2,3\n", "a row has more values"),
        (b"path,label\n\xff\xfe\x00,0\n", "its bytes are not text"),
    ],
)
def test_a_table_that_cannot_be_read_says_why_in_our_own_words(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(UnusableFile, match=reason) as caught:
        limits.read_table(file)
    assert "tokenizing" not in str(caught.value)
    with pytest.raises(DataSetError, match=reason):  # one door for every table
        read_boxes(file)
