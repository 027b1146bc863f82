"""What a folder holds, for one who looks for a data set."""

from pathlib import Path

import pytest

from cxr_core.datasets import folder_listing
from cxr_core.datasets.folder_listing import list_folder
from cxr_core.errors import DataSetError


def test_folders_come_first_then_files_that_may_be_data_sets(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("films.csv", "set.ZIP", "mnist.npz", "film.jpeg", ".x.zip"):
        (tmp_path / name).touch()
    assert [path.name for path in list_folder(tmp_path, lambda _: True)] == [
        "a",
        "b",
        "films.csv",
        "mnist.npz",
        "set.ZIP",
    ]


def test_what_may_not_be_opened_is_left_out_and_a_long_list_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    assert [path.name for path in list_folder(tmp_path, lambda path: path.name != "b")] == ["a", "c"]
    monkeypatch.setattr(folder_listing, "MOST_NAMES", 1)
    assert [path.name for path in list_folder(tmp_path, lambda path: path.name != "a")] == ["b"]


def test_an_empty_folder_holds_nothing_and_one_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    assert list_folder(tmp_path, lambda _: True) == []
    with pytest.raises(DataSetError, match="gone: cannot be listed"):
        list_folder(tmp_path / "gone", lambda _: True)
