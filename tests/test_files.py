"""Files that other processes read: replaced as a whole, changed under a lock, sealed with a checksum."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import Busy, NotFound, WorkError
from cxr_core.files import is_sealed, locked, read_sealed, replace_atomically, seal, sha256_of


def test_two_writers_at_once_each_replace_the_file_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    with replace_atomically(file) as first, replace_atomically(file) as second:
        first.write_text("first")
        second.write_text("second")
    assert file.read_text() == "first"
    assert list(tmp_path.iterdir()) == [file]


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("old")

    def fail() -> None:
        with replace_atomically(file) as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_threads_that_change_a_file_under_its_lock_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "count"
    file.write_text("0")

    def add(_: int) -> None:
        with locked(file):
            number = int(file.read_text())
            with replace_atomically(file) as part:
                part.write_text(str(number + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(200)))
    assert file.read_text() == "200"


def test_a_lock_that_is_held_is_reported_by_the_name_of_its_file(tmp_path: Path) -> None:
    with locked(tmp_path / "a.json"), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_lock, tmp_path / "a.json")
        with pytest.raises(Busy, match=r"a\.json: another process is changing it"):
            waiting.result()
    with locked(tmp_path / "a.json", seconds=0):
        pass


def _lock(file: Path) -> None:
    with locked(file, seconds=0):
        pass


def test_a_lock_creates_no_folder_and_says_why_it_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="gone: there is no such folder"), locked(tmp_path / "gone" / "a.json"):
        pass
    assert not (tmp_path / "gone").exists()
    (tmp_path / ".b.json.lock").mkdir()
    with pytest.raises(WorkError, match=r"b\.json: cannot be locked"), locked(tmp_path / "b.json"):
        pass


def test_the_checksum_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")
    with pytest.raises(NotFound, match="gone: cannot be read"):
        sha256_of(tmp_path / "gone")


def test_a_sealed_array_is_read_as_before_and_a_damaged_one_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "films.npy"
    array = np.random.default_rng(0).integers(0, 256, (40, 32, 32), np.uint8)
    np.save(file, array)
    assert not is_sealed(file)
    seal(file)
    assert is_sealed(file)
    np.testing.assert_array_equal(np.load(file, mmap_mode="r"), array)
    content = read_sealed(file)
    assert content is not None
    np.testing.assert_array_equal(np.load(io.BytesIO(content)), array)
    whole = file.read_bytes()
    one_bit = bytearray(whole)
    one_bit[5000] ^= 1
    for damaged in (whole[:-1], whole[:-2000], whole[:-2000] + bytes(2000), bytes(len(whole)), b"", bytes(one_bit)):
        file.write_bytes(damaged)
        assert not is_sealed(file)
        assert read_sealed(file) is None


def test_a_missing_file_is_not_sealed(tmp_path: Path) -> None:
    assert not is_sealed(tmp_path / "gone")
    assert read_sealed(tmp_path / "gone") is None
    assert not is_sealed(tmp_path)
