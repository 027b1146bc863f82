"""Archives that are dropped on a page."""

from pathlib import Path

import pytest

from cxr_core.datasets.dropped_archive import store_dropped
from cxr_core.errors import WorkError


def test_a_drop_that_was_cut_is_accepted_again(cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 100
    real = Path.write_bytes

    def cut(path: Path, content: bytes) -> int:
        real(path, content[:1000])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", cut)
        with pytest.raises(WorkError, match="No space left"):
            store_dropped("films.zip", data)
    assert list((cxr_home / "drops").iterdir()) == []
    assert store_dropped("films.zip", data).read_bytes() == data


def test_what_an_earlier_version_left_cut_is_replaced() -> None:
    data = b"whole" * 1000
    file = store_dropped("films.zip", data)
    file.write_bytes(data[:10])
    assert store_dropped("films.zip", data) == file
    assert file.read_bytes() == data


@pytest.mark.parametrize("name", ["../../a.zip", "..\\..\\a.zip", "x" * 400 + ".zip", "a\0b.zip", "胸" * 200 + ".npz"])
def test_a_hostile_name_stays_in_the_folder(name: str, cxr_home: Path) -> None:
    assert store_dropped(name, b"x").parent == cxr_home / "drops"
