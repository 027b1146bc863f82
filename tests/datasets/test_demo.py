"""The demo set: the films in the repository, what is written, and what is refused."""

import csv
import hashlib
import re
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_core.datasets import demo
from cxr_core.errors import DataSetError

ROWS = demo.read_manifest()
GOOD = [row for row in ROWS if not row.fault]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return demo.write_demo_set(tmp_path_factory.mktemp("demo") / "set")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def row_with(fault: str) -> demo.ManifestRow:
    return next(row for row in ROWS if row.fault == fault)


def test_counts_by_split_class_and_kind():
    assert Counter((row.path.split("/")[0], row.label, row.kind) for row in GOOD) == {
        ("train", "NORMAL", "normal"): 32,
        ("train", "PNEUMONIA", "bacterial"): 20,
        ("train", "PNEUMONIA", "viral"): 20,
        ("val", "NORMAL", "normal"): 8,
        ("val", "PNEUMONIA", "bacterial"): 4,
        ("val", "PNEUMONIA", "viral"): 4,
        ("test", "NORMAL", "normal"): 16,
        ("test", "PNEUMONIA", "bacterial"): 8,
        ("test", "PNEUMONIA", "viral"): 8,
    }
    assert Counter(row.fault for row in ROWS if row.fault) == {
        "duplicate": 2,
        "truncated": 1,
        "empty": 1,
        "text": 1,
        "two_splits": 1,
        "colour": 1,
        "inverted": 1,
        "tiny": 1,
    }
    assert all(row.path.startswith(f"train/{row.label}/") for row in ROWS if row.fault)


def test_names_are_kaggle_names_with_numbers_of_no_real_child():
    pattern = re.compile(r"(person(9\d{3})_(bacteria|virus)_\d+|(NORMAL2-)?IM-(9\d{3})-\d{4})\.jpeg")
    assert all(pattern.fullmatch(Path(row.path).name) for row in ROWS)
    assert all(Path(row.path).name.startswith(row.patient) for row in ROWS)
    assert any(row.patient.startswith("NORMAL2-") for row in ROWS)
    assert max(Counter(row.patient for row in GOOD).values()) == 3


def test_only_the_listed_patient_is_in_two_splits():
    splits: dict[str, set[str]] = {}
    for row in ROWS:
        splits.setdefault(row.patient, set()).add(row.path.split("/")[0])
    assert [patient for patient, found in splits.items() if len(found) > 1] == [row_with("two_splits").patient]


def test_the_repository_holds_only_small_jpegs_and_the_manifest():
    files = contents(demo.DEMO_FILMS)
    assert set(files) == {row.path for row in ROWS if row.in_repository} | {demo.MANIFEST}
    assert sum(map(len, files.values())) < 3_000_000
    for row in ROWS:
        if row.in_repository:
            assert hashlib.sha256(files[row.path]).hexdigest() == row.sha256
            assert demo.is_synthetic(files[row.path]), row.path


def test_good_films_are_grey_and_have_contrast():
    for row in GOOD:
        with Image.open(demo.DEMO_FILMS / row.path) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "L", (224, 224))
            assert image.info["comment"].decode() == demo.MARK
            assert image.getexif()[0x010E] == demo.MARK
            assert np.asarray(image).std() > 15, row.path
    assert len({row.sha256 for row in GOOD}) == len(GOOD)


def test_faulty_films_have_the_fault_of_the_manifest():
    with Image.open(demo.DEMO_FILMS / row_with("colour").path) as image:
        assert image.mode == "RGB"
        assert np.ptp(np.asarray(image).astype(int).mean(axis=(0, 1))) > 20
    with Image.open(demo.DEMO_FILMS / row_with("tiny").path) as image:
        assert image.size == (28, 28)
    with Image.open(demo.DEMO_FILMS / row_with("inverted").path) as image:
        grey = np.asarray(image).astype(int)
        assert grey[40:180, 100:124].mean() < grey[60:160, 40:80].mean()  # the spine darker than the lung


def test_the_written_set_holds_the_files_of_the_manifest(written):
    files = contents(written)
    assert set(files) == {row.path for row in ROWS} | {demo.MANIFEST}
    listed = csv.DictReader(files[demo.MANIFEST].decode().splitlines())
    assert [row["path"] for row in listed] == [row.path for row in ROWS]
    assert files[row_with("empty").path] == b""
    assert files[row_with("text").path].isascii()
    truncated = row_with("truncated")
    assert files[truncated.source].startswith(files[truncated.path])
    with pytest.raises(OSError, match="truncated"):
        Image.open(BytesIO(files[truncated.path])).load()
    same = Counter(hashlib.sha256(data).hexdigest() for data in files.values())
    assert sorted(same.values())[-3:] == [1, 2, 2]
    for row in (row for row in ROWS if row.fault == "duplicate"):
        assert files[row.path] == files[row.source]


def test_writing_is_deterministic_and_can_be_repeated(written, tmp_path):
    before = contents(written)
    assert demo.write_demo_set(written) == written
    assert contents(written) == before == contents(demo.write_demo_set(tmp_path))


def test_an_interrupted_write_is_completed(tmp_path):
    first, second = GOOD[0].path, GOOD[1].path
    demo.write_demo_set(tmp_path)
    complete = contents(tmp_path)
    (tmp_path / first).unlink()
    (tmp_path / second).write_bytes(complete[second][:100])
    (tmp_path / ".DS_Store").write_bytes(b"x")
    demo.write_demo_set(tmp_path)
    assert contents(tmp_path) == complete | {".DS_Store": b"x"}


def test_a_folder_that_holds_something_else_is_refused_and_not_changed(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataSetError, match=r"already holds notes\.txt"):
        demo.write_demo_set(tmp_path)
    assert contents(tmp_path) == {"notes.txt": b"mine"}


def test_a_film_of_the_same_name_but_other_bytes_is_refused(tmp_path):
    target = tmp_path / GOOD[0].path
    target.parent.mkdir(parents=True)
    target.write_bytes(b"another film")
    with pytest.raises(DataSetError, match="not part of the demo set"):
        demo.write_demo_set(tmp_path)
    assert target.read_bytes() == b"another film"


@pytest.mark.parametrize("below", ["", "set"])
def test_a_file_in_the_way_is_refused(tmp_path, below):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataSetError, match="new or empty folder"):
        demo.write_demo_set(tmp_path / "file" / below)


def test_a_disk_error_is_one_line(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DataSetError, match=r"Permission denied.*new or empty folder") as caught:
        demo.write_demo_set(tmp_path / "set")
    assert "\n" not in str(caught.value)


def test_samples_are_three_of_each_class_and_both_kinds_of_pneumonia():
    rows = {demo.DEMO_FILMS / row.path: row for row in GOOD}
    samples = [rows[path] for path in demo.sample_films()]
    assert Counter(row.label for row in samples) == {"NORMAL": 3, "PNEUMONIA": 3}
    assert {row.kind for row in samples} == {"normal", "bacterial", "viral"}
    assert len({row.patient for row in samples}) == 6


def _jpeg(**settings: object) -> bytes:
    buffer = BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG", **settings)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", False),
        (b"\xff\xd8", False),
        (b"\xff\xd8\xff", False),
        (b"\xff\xd8\xff\xfe\x00\x00" + demo.MARK.encode(), False),
        (demo.MARK.encode(), False),
        (_jpeg(), False),
        (_jpeg() + demo.MARK.encode(), False),
        (_jpeg(comment=b"a real film"), False),
        (_jpeg(comment=demo.MARK.encode()), True),
    ],
)
def test_is_synthetic_reads_the_mark_in_the_metadata_only(data, expected):
    assert demo.is_synthetic(data) is expected
