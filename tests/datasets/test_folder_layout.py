"""The files of a data set folder are found, and what is ignored is noted."""

import os
import re
from pathlib import Path

import pytest

from cxr_core.datasets.folder_layout import find_files, find_root, printable
from cxr_core.errors import DataSetError
from tests.support.synthetic_films import write


def paths(root: Path) -> list[str]:
    return [file.path for file in find_files(root).files]


def test_splits_and_classes_are_found(tmp_path):
    write(tmp_path, {"test/NORMAL/b.jpg": b"", "train/PNEUMONIA/a.jpg": b"", "train/NORMAL/deep/c.jpg": b""})
    found = find_files(find_root(tmp_path))
    assert [(file.path, file.split, file.label) for file in found.files] == [
        ("train/NORMAL/deep/c.jpg", "train", "NORMAL"),
        ("train/PNEUMONIA/a.jpg", "train", "PNEUMONIA"),
        ("test/NORMAL/b.jpg", "test", "NORMAL"),
    ]
    assert found.notes == ["test has no PNEUMONIA folder."]


@pytest.mark.parametrize("nesting", ["", "chest_xray", "archive/chest_xray"])
def test_the_root_may_be_nested(tmp_path, nesting):
    write(tmp_path / nesting, {"train/NORMAL/a.jpg": b"x", "train/PNEUMONIA/b.jpg": b"x"})
    write(tmp_path, {"__MACOSX/train/NORMAL/._a.jpg": b"x"})
    assert find_root(tmp_path) == tmp_path / nesting


def test_no_split_folders_at_all(tmp_path):
    write(tmp_path, {"normal/a.jpg": b"x", "Pneumonia/b.jpg": b"x"})
    assert [(file.split, file.label) for file in find_files(tmp_path).files] == [("", "NORMAL"), ("", "PNEUMONIA")]


def test_system_files_are_ignored_and_other_files_are_noted(tmp_path):
    files = ["train/NORMAL/a.jpg", "train/NORMAL/.DS_Store", "train/NORMAL/Thumbs.db", "train/PNEUMONIA/b.jpg"]
    write(tmp_path, dict.fromkeys([*files, "train/stray.jpg", "train/COVID/c.jpg", "extra/NORMAL/d.jpg"], b"x"))
    assert paths(tmp_path) == ["train/NORMAL/a.jpg", "train/PNEUMONIA/b.jpg"]
    assert find_files(tmp_path).notes == [
        "train/ also holds COVID, stray.jpg, outside the class folders: not looked at.",
        "The folder also holds extra, outside the split folders: not looked at.",
    ]


def test_links_to_folders_are_listed_and_not_followed(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x", "train/PNEUMONIA/b.jpg": b"x"})
    (tmp_path / "train/NORMAL/loop").symlink_to(tmp_path / "train")
    (tmp_path / "train/NORMAL/gone.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "train/NORMAL/link.jpg").symlink_to(tmp_path / "train/NORMAL/a.jpg")
    (tmp_path / "train/NORMAL/self.jpg").symlink_to("self.jpg")
    faults = {file.path.rsplit("/")[-1]: file.fault for file in find_files(tmp_path).files}
    assert faults == {
        "a.jpg": "",
        "b.jpg": "",
        "loop": "is a link to a folder, which is not followed",
        "gone.jpg": "is a link that leads nowhere",
        "link.jpg": "",
        "self.jpg": "is a link that leads nowhere",
    }


def test_a_pipe_is_not_opened(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x"})
    os.mkfifo(tmp_path / "train/NORMAL/pipe.jpg")
    assert find_files(tmp_path).files[1].fault == "is not a regular file"


def test_a_name_that_is_not_utf8_is_shown_and_has_a_fault(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x"})
    (tmp_path / "train/NORMAL" / os.fsdecode(b"b\xff.jpg")).write_bytes(b"x")
    file = find_files(tmp_path).files[1]
    assert file.path == "train/NORMAL/b\ufffd.jpg"
    assert "not valid UTF-8" in file.fault
    assert printable("рентген.jpg") == "рентген.jpg"


def test_an_empty_class_folder_is_noted(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x"})
    (tmp_path / "train/PNEUMONIA").mkdir()
    assert find_files(tmp_path).notes == ["train/PNEUMONIA/ is empty."]


def test_a_folder_that_is_not_a_data_set_is_refused(tmp_path):
    write(tmp_path, {"one/train/NORMAL/a.jpg": b"x", "two/train/NORMAL/a.jpg": b"x", "photos/holiday.jpg": b"x"})
    with pytest.raises(DataSetError, match="2 data sets \\(one, two\\)"):
        find_root(tmp_path)
    with pytest.raises(DataSetError, match="holds no data set"):
        find_root(tmp_path / "photos")
    with pytest.raises(DataSetError, match=f"^{re.escape(str(tmp_path))}/nothing: no such folder; a data set is "):
        find_root(tmp_path / "nothing")
    with pytest.raises(DataSetError, match="is a file"):
        find_root(tmp_path / "photos/holiday.jpg")
    with pytest.raises(DataSetError, match="no such folder"):
        find_root("a\0b")
    with pytest.raises(DataSetError, match=r"^a{200}: (cannot be opened|no such folder)"):
        find_root("a" * 5_000)
