"""Where the films of a folder are, and what is passed over."""

import os
import re
from pathlib import Path

import pytest

from cxr_core.datasets.folder_layout import find_root, printable, walk
from cxr_core.errors import DataSetError
from tests.support.synthetic_films import write


def paths(root: Path) -> list[str]:
    return [place.path for place in walk(root).places]


def test_splits_and_classes_are_found(tmp_path):
    write(tmp_path, {"test/NORMAL/b.jpg": b"", "train/PNEUMONIA/a.jpg": b"", "train/NORMAL/deep/c.jpg": b""})
    found = walk(find_root(tmp_path))
    assert [(place.path, place.split, place.label) for place in found.places] == [
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
    assert [(place.split, place.label) for place in walk(tmp_path).places] == [("", "NORMAL"), ("", "PNEUMONIA")]


def test_system_files_are_passed_over_and_strays_are_noted(tmp_path):
    files = ["train/NORMAL/a.jpg", "train/NORMAL/.DS_Store", "train/NORMAL/Thumbs.db", "train/PNEUMONIA/b.jpg"]
    write(tmp_path, dict.fromkeys([*files, "train/stray.jpg", "train/COVID/c.jpg", "extra/NORMAL/d.jpg"], b"x"))
    assert paths(tmp_path) == ["train/NORMAL/a.jpg", "train/PNEUMONIA/b.jpg"]
    assert walk(tmp_path).notes == [
        "train/ also holds COVID, stray.jpg, outside the class folders: not looked at.",
        "The folder also holds extra, outside the split folders: not looked at.",
    ]


def test_links_to_folders_are_named_and_not_followed(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x", "train/PNEUMONIA/b.jpg": b"x"})
    (tmp_path / "train/NORMAL/loop").symlink_to(tmp_path / "train")
    (tmp_path / "train/NORMAL/gone.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "train/NORMAL/link.jpg").symlink_to(tmp_path / "train/NORMAL/a.jpg")
    (tmp_path / "train/NORMAL/self.jpg").symlink_to("self.jpg")
    faults = {place.path.rsplit("/")[-1]: place.fault for place in walk(tmp_path).places}
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
    assert walk(tmp_path).places[1].fault == "is not a regular file"


def test_a_name_that_is_not_utf8_is_shown_and_named(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x"})
    (tmp_path / "train/NORMAL" / os.fsdecode(b"b\xff.jpg")).write_bytes(b"x")
    place = walk(tmp_path).places[1]
    assert place.path == "train/NORMAL/b\ufffd.jpg"
    assert "not valid UTF-8" in place.fault
    assert printable("рентген.jpg") == "рентген.jpg"


def test_an_empty_class_folder_is_noted(tmp_path):
    write(tmp_path, {"train/NORMAL/a.jpg": b"x"})
    (tmp_path / "train/PNEUMONIA").mkdir()
    assert walk(tmp_path).notes == ["train/PNEUMONIA/ is empty."]


def test_what_is_no_data_set_is_refused_in_one_sentence(tmp_path):
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
