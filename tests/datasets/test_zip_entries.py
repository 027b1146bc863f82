"""Zip entries as programs write them: backslashes, code pages, methods that Python cannot unpack."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from cxr_core.app.diagnose.dropped_files import DroppedFile
from cxr_core.app.diagnose.dropped_files import unpack as unpack_dropped
from cxr_core.datasets.archives import unpack
from cxr_core.datasets.index import build_index
from cxr_core.datasets.zip_entries import entry_paths
from cxr_core.errors import DataSetError, UnreadableFilm
from tests.support.synthetic_films import jpeg


def raw_zip(files: dict[bytes, bytes], *, flags: int = 0, method: int = 0, extra: bytes = b"") -> bytes:
    """A zip of stored files whose names are written as these bytes, which Python's zipfile cannot do."""
    body, directory = b"", b""
    for name, data in files.items():
        sizes = struct.pack("<III", zlib.crc32(data), len(data), len(data))
        common = struct.pack("<HHHHH", 20, flags, method, 0, 0x21) + sizes
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common
        directory += struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, len(body)) + name + extra
        body += b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name + data
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def paths(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return entry_paths(archive.infolist())


def test_backslashes_separate_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    names = [rf"train\{label}\film{i}.jpeg".encode() for label in ("NORMAL", "PNEUMONIA") for i in range(6)]
    film_bytes = {name: jpeg(i) for i, name in enumerate(names)}
    (tmp_path / "films.zip").write_bytes(raw_zip({b"train\\NORMAL\\": b""} | film_bytes))
    index = build_index(unpack(tmp_path / "films.zip"))
    assert index.films["label"].value_counts().to_dict() == {"NORMAL": 6, "PNEUMONIA": 6}
    dropped, messages = unpack_dropped([DroppedFile("a", "films.zip", (tmp_path / "films.zip").read_bytes())])
    assert [file.name for file in dropped] == [name.decode().split("\\")[-1] for name in names]
    assert messages == []
    assert dropped[0].read() == film_bytes[names[0]]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "données/Größe_胸部.jpeg"),
        ("cp1252", "données/Größe_été.jpeg"),
        ("cp1252", "Hôpital/Fräulein Müller/señal.jpeg"),
        ("cp437", "données/Größe_été.jpeg"),
        ("cp932", "胸部写真/正常_表.jpeg"),  # the second byte of the last one is a backslash
        ("cp932", "レントゲン/ソフト.jpeg"),
        ("gbk", "胸部/正常.jpeg"),
        ("cp866", "норма/снимок.jpeg"),
    ],
)
def test_names_without_the_utf_8_flag_are_decoded_by_their_most_plausible_encoding(encoding: str, name: str) -> None:
    plain = name.replace("/", "\\") if encoding != "cp932" else name
    assert paths(raw_zip({plain.encode(encoding): b"x", b"train/plain.jpeg": b"y"})) == [name, "train/plain.jpeg"]


def test_flagged_names_and_the_unicode_path_field_are_taken_as_they_are() -> None:
    assert paths(raw_zip({"胸部/表.jpeg".encode(): b"x"}, flags=0x800)) == ["胸部/表.jpeg"]
    body = b"\x01" + struct.pack("<I", zlib.crc32(b"?.jpeg")) + "胸.jpeg".encode()
    field = struct.pack("<HH", 0x7075, len(body)) + body
    assert paths(raw_zip({b"?.jpeg": b"x"}, extra=field)) == ["胸.jpeg"]
    assert paths(raw_zip({b"other.jpeg": b"x"}, extra=field)) == ["other.jpeg"]  # the name was changed since


def test_methods_that_cannot_be_unpacked_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    data = raw_zip({b"train/NORMAL/a.jpeg": b"x" * 100}, method=9)
    (tmp_path / "films.zip").write_bytes(data)
    with pytest.raises(DataSetError, match=r"compressed with Deflate64.*unpack it yourself and open the folder"):
        unpack(tmp_path / "films.zip")
    dropped, _ = unpack_dropped([DroppedFile("a", "films.zip", data)])
    with pytest.raises(UnreadableFilm, match=r"a\.jpeg: is compressed with Deflate64.*unpack it yourself"):
        dropped[0].read()


def test_a_name_that_is_too_long_has_its_own_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    (tmp_path / "films.zip").write_bytes(raw_zip({b"train/NORMAL/" + b"x" * 300 + b".jpeg": jpeg(1)}))
    with pytest.raises(DataSetError, match="longer than the 255 bytes"):
        unpack(tmp_path / "films.zip")


def test_names_that_are_not_the_utf_8_they_claim_to_be_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    data = raw_zip({b"train/NORMAL/\xe9.jpeg": jpeg(1)}, flags=0x800)
    (tmp_path / "films.zip").write_bytes(data)
    with pytest.raises(DataSetError, match="not in UTF-8"):
        unpack(tmp_path / "films.zip")
    assert len(unpack_dropped([DroppedFile("a", "films.zip", data)])[1]) == 1
