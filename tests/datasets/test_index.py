"""A data set is indexed as a table; indexing again reads only what changed."""

import os
import struct

import numpy as np
import pytest
from PIL import Image

from cxr_core.datasets import index as index_module
from cxr_core.datasets.index import COLUMNS, build_index
from cxr_core.datasets.summary import summarise
from cxr_core.errors import DataSetError, UnreadableFilm
from cxr_core.imaging.decode import read_film
from tests.support.synthetic_films import encoded, index_once, jpeg, kaggle_folder, write

KAGGLE_KINDS = {"bacterial": 2538, "normal": 1349, "viral": 1345}


def test_one_row_per_film(tmp_path):
    root = write(tmp_path, {"train/NORMAL/IM-1-1.jpeg": jpeg(1), "train/PNEUMONIA/person1_virus_1.jpeg": jpeg(2)})
    index = build_index(root)
    assert tuple(index.films.columns) == COLUMNS
    row = index.films.iloc[1]
    assert (row["path"], row["file"]) == ("train/PNEUMONIA/person1_virus_1.jpeg", "person1_virus_1.jpeg")
    assert (row["split"], row["label"], row["kind"], row["number"]) == ("train", "PNEUMONIA", "viral", "person1")
    assert (row["width"], row["height"], row["format"], row["colour"]) == (64, 48, "JPEG", False)
    assert row["bytes"] == len(jpeg(2))
    assert index.films["fault"].eq("").all()


def test_only_what_changed_is_read_again(tmp_path):
    root = kaggle_folder(tmp_path / "set", patients=4)
    first = build_index(root)
    assert first.files_read == len(first.films)
    second = build_index(root)
    assert second.files_read == 0
    assert second.films.equals(first.films)
    changed = root / first.films["path"][3]
    changed.write_bytes(jpeg(999))
    third = build_index(root)
    assert third.files_read == 1
    assert (third.films["sha256"] != first.films["sha256"]).tolist() == [i == 3 for i in range(len(first.films))]
    changed.unlink()
    assert len(build_index(root).films) == len(first.films) - 1
    assert not [path for path in root.rglob("*") if path.is_file() and path.suffix != ".jpeg"]


def test_a_damaged_cache_is_replaced(tmp_path, cxr_home):
    root = kaggle_folder(tmp_path / "set", patients=2)
    first = build_index(root)
    for cache in (cxr_home / "caches/index").iterdir():
        cache.write_bytes(b"nonsense")
    assert build_index(root).films.equals(first.films)


def test_progress_ends_at_the_total(tmp_path):
    reports: list[tuple[int, int]] = []
    build_index(kaggle_folder(tmp_path / "set"), lambda *report: reports.append(report))
    assert reports[-1][0] == reports[-1][1]
    assert reports == sorted(reports)


def test_the_fingerprint_does_not_depend_on_the_folder(tmp_path):
    here = build_index(kaggle_folder(tmp_path / "here", 2))
    there = build_index(kaggle_folder(tmp_path / "there", 2))
    assert here.fingerprint == there.fingerprint


GREY = Image.fromarray(np.arange(64 * 48, dtype=np.uint16).reshape(48, 64))
VALID = {kind: encoded(GREY.convert("L"), kind) for kind in ("JPEG", "PNG", "BMP", "WebP", "TIFF")}


@pytest.mark.parametrize("kind", VALID)
def test_formats_are_recognised_by_content(tmp_path, kind):
    root = write(tmp_path, {"NORMAL/a.txt": VALID[kind]})
    row = build_index(root).films.iloc[0]
    assert (row["format"], row["width"], row["height"], row["fault"]) == (kind, 64, 48, "")


BAD = {
    "empty": (b"", "is empty"),
    "text": (b"a note", "is not an image"),
    "truncated JPEG": (VALID["JPEG"][:-200], "is truncated"),
    "truncated PNG": (VALID["PNG"][:-20], "is truncated"),
    "truncated BMP": (VALID["BMP"][:-500], "is truncated"),
    "truncated WebP": (VALID["WebP"][:-30], "is truncated"),
    "a header alone": (VALID["PNG"][:12], "is truncated"),
    "a few pixels": (encoded(Image.new("L", (5, 300)), "PNG"), "has 5 x 300 pixels, less than 16 a side"),
    "a bomb": (
        VALID["PNG"][:16] + struct.pack(">II", 60_000, 60_000) + VALID["PNG"][24:],
        "is damaged: its header cannot be read",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_file_that_cannot_be_used_is_a_row_with_its_fault(tmp_path, bad):
    data, fault = BAD[bad]
    root = write(tmp_path, {"NORMAL/bad.jpeg": data, "NORMAL/good.jpeg": jpeg()})
    index = build_index(root)
    assert index.films["fault"].tolist() == [fault, ""]
    assert index.readable["file"].tolist() == ["good.jpeg"]
    with pytest.raises(UnreadableFilm):  # so does the decoder
        read_film(root / "NORMAL/bad.jpeg")


def test_a_film_with_exif_rotation_has_its_displayed_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    root = write(tmp_path, {"NORMAL/a.jpeg": encoded(GREY.convert("L"), "JPEG", exif=exif)})
    row = build_index(root).films.iloc[0]
    assert (row["width"], row["height"]) == (48, 64)
    assert read_film(root / "NORMAL/a.jpeg").pixels.shape == (64, 48)


def test_a_file_without_read_permission_is_named_and_tried_again(tmp_path, monkeypatch):
    root = write(tmp_path, {"NORMAL/a.jpeg": jpeg(1), "NORMAL/b.jpeg": jpeg(2)})
    real = index_module.read_header

    def refuse(file, size):
        return index_module.unread("cannot be read: Permission denied") if file.name == "a.jpeg" else real(file, size)

    monkeypatch.setattr(index_module, "read_header", refuse)
    assert build_index(root).films["fault"].tolist() == ["cannot be read: Permission denied", ""]
    monkeypatch.undo()
    os.environ["CXR_HOME"] = str(tmp_path / "home")
    assert build_index(root).films["fault"].tolist() == ["", ""]


def test_a_data_set_without_films_is_refused(tmp_path):
    (tmp_path / "train/NORMAL").mkdir(parents=True)
    with pytest.raises(DataSetError, match="are empty"):
        build_index(tmp_path)


def test_the_counts_of_the_real_films(real_films):
    summary = summarise(index_once(real_films / "chest_xray"))
    assert summary["splits"]["train"]["classes"] == {"NORMAL": 1341, "PNEUMONIA": 3875}
    assert summary["splits"]["val"]["classes"] == {"NORMAL": 8, "PNEUMONIA": 8}
    assert summary["kinds"] == KAGGLE_KINDS
    assert summary["patients_in_two_splits"] == []
    assert (summary["duplicate_groups"], summary["duplicate_files"]) == (24, 50)
    assert summary["faults"] == []


def test_the_demo_set_and_its_faults(demo_set):
    summary = summarise(build_index(demo_set))
    assert {fault["fault"] for fault in summary["faults"]} == {"is empty", "is not an image", "is truncated"}
    assert summary["duplicate_groups"] == 2
    assert len(summary["patients_in_two_splits"]) == 1
