"""Zips of films: their files are read from memory, one at a time, and a zip meant to do harm is refused."""

import io
import struct
import zipfile

import pytest

from cxr_core.app.diagnose import dropped_files as diagnose_archive
from cxr_core.app.diagnose.dropped_files import MAX_FILES, Dropped, unpack
from cxr_core.errors import UnreadableFilm
from tests.support.hostile_files import zipped


def dropped(files: dict[str, bytes]) -> Dropped:
    return Dropped("1", "films.zip", zipped(files))


def test_a_zip_is_replaced_by_its_files() -> None:
    files, refused = unpack([Dropped("0", "a.jpg", b"one"), dropped({"b/c.jpg": b"two", "d.dcm": b"three"})])
    assert [(file.name, file.read()) for file in files] == [("a.jpg", b"one"), ("c.jpg", b"two"), ("d.dcm", b"three")]
    assert len({file.key for file in files}) == 3
    assert refused == []


def test_folders_and_litter_are_passed_over() -> None:
    files, _ = unpack([dropped({"a/": b"", "__MACOSX/a/._x.jpg": b"x", "a/.DS_Store": b"x", "a/x.jpg": b"x"})])
    assert [file.name for file in files] == ["x.jpg"]


@pytest.mark.parametrize("name", ["../../x.jpg", "/etc/x.jpg", "..\\..\\x.jpg", "C:\\a\\x.jpg"])
def test_a_path_leads_nowhere(name: str) -> None:
    files, _ = unpack([dropped({name: b"x"})])
    assert files[0].name == "x.jpg"


def test_a_zip_inside_a_zip_is_not_opened() -> None:
    files, _ = unpack([dropped({"inner.zip": zipped({"a.jpg": b"x"})})])
    with pytest.raises(UnreadableFilm, match=r"inner\.zip: is a zip inside a zip"):
        files[0].read()


def test_declared_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose_archive, "MAX_BYTES", 1_000)
    files, _ = unpack([dropped({"a.jpg": bytes(1_001), "b.jpg": bytes(1_000)})])
    with pytest.raises(UnreadableFilm, match="1,001 bytes, more than the limit of 1,000"):
        files[0].read()
    assert len(files[1].read()) == 1_000


def test_declared_size_of_all_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose_archive, "MAX_UNPACKED", 1_000)
    files, refused = unpack([dropped({"a.jpg": bytes(600), "b.jpg": bytes(600)})])
    assert files == []
    assert refused == [
        "films.zip: a zip that unpacks to 1,200 bytes, more than 1,000; accepted are films, and zips of films."
    ]


def test_a_lie_about_the_size_is_found() -> None:
    data = bytearray(zipped({"a.jpg": bytes(5_000_000)}))
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 100)
    files, _ = unpack([Dropped("1", "films.zip", bytes(data))])
    with pytest.raises(UnreadableFilm, match=r"a\.jpg: is damaged inside the zip"):
        files[0].read()


def test_a_locked_file_and_an_odd_packing_are_refused() -> None:
    data = bytearray(zipped({"a.jpg": b"x"}))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    files, _ = unpack([Dropped("1", "films.zip", bytes(data))])
    with pytest.raises(UnreadableFilm, match="password"):
        files[0].read()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.jpg", b"x")
    files, _ = unpack([Dropped("1", "films.zip", buffer.getvalue())])
    with pytest.raises(UnreadableFilm, match="packed in a way"):
        files[0].read()


def test_too_many_files() -> None:
    files, refused = unpack([dropped({f"{i}.jpg": b"x" for i in range(MAX_FILES + 2)})])
    assert len(files) == MAX_FILES
    assert refused == ["502 files: at most 500 are read at a time; the first 500 are."]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(50), zipped({}), zipped({"a/": b""})])
def test_an_empty_or_broken_zip_is_refused(data: bytes) -> None:
    files, refused = unpack([Dropped("1", "films.zip", data)])
    assert files == []
    assert refused[0].startswith("films.zip: a zip ")


def test_a_long_list_of_files_is_not_read() -> None:
    data = bytearray(zipped({"a.jpg": b"x"}))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 50_000_000)
    _, refused = unpack([Dropped("1", "films.zip", bytes(data))])
    assert "too many files" in refused[0]
