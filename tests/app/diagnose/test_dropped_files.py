"""Dropped zips: their files are unpacked in memory one at a time; malicious zips are refused."""

import io
import struct
import zipfile
from dataclasses import replace

import pytest

from cxr_core.app.diagnose import dropped_files
from cxr_core.app.diagnose.dropped_files import MAX_FILES, DroppedFile, unpack
from cxr_core.errors import UnreadableFilm
from tests.support.files.hostile_files import zipped


def zip_of(files: dict[str, bytes]) -> DroppedFile:
    return DroppedFile("1", "films.zip", zipped(files))


def test_a_zip_is_replaced_by_its_files() -> None:
    files, refused = unpack([DroppedFile("0", "a.jpg", b"one"), zip_of({"b/c.jpg": b"two", "d.dcm": b"three"})])
    assert [(file.name, file.read()) for file in files] == [("a.jpg", b"one"), ("c.jpg", b"two"), ("d.dcm", b"three")]
    assert len({file.key for file in files}) == 3
    assert refused == []


def test_folders_and_system_files_are_ignored() -> None:
    files, _ = unpack([zip_of({"a/": b"", "__MACOSX/a/._x.jpg": b"x", "a/.DS_Store": b"x", "a/x.jpg": b"x"})])
    assert [file.name for file in files] == ["x.jpg"]


@pytest.mark.parametrize("name", ["../../x.jpg", "/etc/x.jpg", "..\\..\\x.jpg", "C:\\a\\x.jpg"])
def test_folders_are_dropped_from_names(name: str) -> None:
    files, _ = unpack([zip_of({name: b"x"})])
    assert files[0].name == "x.jpg"


def test_a_zip_inside_a_zip_is_not_opened() -> None:
    files, _ = unpack([zip_of({"inner.zip": zipped({"a.jpg": b"x"})})])
    with pytest.raises(UnreadableFilm, match=r"inner\.zip: is a zip inside a zip"):
        files[0].read()


def test_declared_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropped_files, "MAX_BYTES", 1_000)
    files, _ = unpack([zip_of({"a.jpg": bytes(1_001), "b.jpg": bytes(1_000)})])
    with pytest.raises(UnreadableFilm, match="1,001 bytes, more than the limit of 1,000"):
        files[0].read()
    assert len(files[1].read()) == 1_000


def test_declared_size_of_all_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropped_files, "DROPPED", replace(dropped_files.DROPPED, unpacked=1_000))
    files, refused = unpack([zip_of({"a.jpg": bytes(600), "b.jpg": bytes(600)})])
    assert files == []
    assert [str(one) for one in refused] == [
        "films.zip: a zip that cannot be opened: would unpack to 1,200 bytes, more than the limit of 1,000; "
        "accepted are films, and zips of films."
    ]


def test_a_wrong_declared_size_is_detected() -> None:
    data = bytearray(zipped({"a.jpg": bytes(5_000_000)}))
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 100)
    files, _ = unpack([DroppedFile("1", "films.zip", bytes(data))])
    with pytest.raises(UnreadableFilm, match=r"a\.jpg: is damaged inside the zip"):
        files[0].read()


def test_an_encrypted_file_and_an_unknown_compression_are_refused() -> None:
    data = bytearray(zipped({"a.jpg": b"x"}))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    files, _ = unpack([DroppedFile("1", "films.zip", bytes(data))])
    with pytest.raises(UnreadableFilm, match="password"):
        files[0].read()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.jpg", b"x")
    files, _ = unpack([DroppedFile("1", "films.zip", buffer.getvalue())])
    with pytest.raises(UnreadableFilm, match="compressed with LZMA"):
        files[0].read()


def test_more_files_than_the_limit() -> None:
    files, refused = unpack([zip_of({f"{i}.jpg": b"x" for i in range(MAX_FILES + 2)})])
    assert len(files) == MAX_FILES
    assert [str(one) for one in refused] == ["502 files: only the first 500 are read."]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(50), zipped({}), zipped({"a/": b""})])
def test_an_empty_or_broken_zip_is_refused(data: bytes) -> None:
    files, refused = unpack([DroppedFile("1", "films.zip", data)])
    assert files == []
    assert str(refused[0]).startswith("films.zip: a zip ")


def test_a_large_central_directory_is_not_parsed() -> None:
    data = bytearray(zipped({"a.jpg": b"x"}))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 50_000_000)
    _, refused = unpack([DroppedFile("1", "films.zip", bytes(data))])
    assert "too many files" in str(refused[0])
