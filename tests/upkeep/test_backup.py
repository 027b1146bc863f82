"""Backup and restore of the home folder: whole, checked, never half."""

import json
import os
import sqlite3
import tarfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.errors import InputError, WorkError
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from cxr_core.upkeep.backup import make_backup, restore_backup


@pytest.fixture
def used(cxr_home: Path) -> Path:
    """A home folder with a reading, an audit log, a key, a site profile, a cache and what passes."""
    cxr_home.mkdir(parents=True, exist_ok=True)
    ReadingLog(reader="anna").add(OwnReading("0" * 64, "normal", "pneumonia", 0.9, "tiny", "v1", False))
    for number in range(3):
        audit.record(Account("a1", "reader"), "reading", sha256=str(number))
    (cxr_home / "sites").mkdir()
    (cxr_home / "sites" / "ward.json").write_text("{}")
    (cxr_home / "caches" / "index").mkdir(parents=True)
    (cxr_home / "caches" / "index" / "big").write_bytes(b"x" * 1000)
    (cxr_home / ".ward.1.part").write_text("half")
    return cxr_home


def wiped(home: Path) -> None:
    for folder, folders, files in os.walk(home, topdown=False):
        for name in files:
            (Path(folder) / name).unlink()
        for name in folders:
            (Path(folder) / name).rmdir()


def test_everything_but_caches_comes_back_and_the_chain_holds(used: Path, tmp_path: Path) -> None:
    before = {file.relative_to(used): file.read_bytes() for file in used.rglob("[!.]*.json*")}
    done = make_backup(tmp_path / "backup.tar")
    assert (done.audit, done.problem) == (3, "")
    assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == 0o600
    wiped(used)
    assert restore_backup(tmp_path / "backup.tar").audit == 3
    assert {file.relative_to(used): file.read_bytes() for file in used.rglob("[!.]*.json*")} == before
    assert [one.own for one in ReadingLog(reader="anna").all()] == ["normal"]
    assert (used / "audit.key").stat().st_mode & 0o777 == 0o600
    assert not (used / "caches").exists()
    assert not (used / ".ward.1.part").exists()
    audit.record(Account("a1", "reader"), "reading", sha256="next")
    assert audit.verify() == (4, "")


def test_a_database_is_copied_while_it_is_written(used: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(used / "readings.sqlite")) as table:
        table.execute("pragma journal_mode = wal")
        table.execute(
            "insert into own_readings select * from (select 99, at, sha256, 'unsure', verdict, probability,"
            " model, version, blind, note, reader, seconds, prevalence, probability_here from own_readings)"
        )
        table.commit()  # in the log beside the file, not in it
        make_backup(tmp_path / "backup.tar")
    wiped(used)
    restore_backup(tmp_path / "backup.tar")
    assert len(ReadingLog(reader="anna").all()) == 2


def test_a_home_folder_that_holds_something_is_left_alone(used: Path, tmp_path: Path) -> None:
    make_backup(tmp_path / "backup.tar")
    with pytest.raises(InputError, match="holds something already"):
        restore_backup(tmp_path / "backup.tar")
    with pytest.raises(InputError, match="lies in the folder"):
        make_backup(used / "backup.tar")


def test_logs_of_the_restoring_process_are_in_nobody_s_way(used: Path, tmp_path: Path) -> None:
    make_backup(tmp_path / "backup.tar")
    wiped(used)
    (used / "logs").mkdir()
    (used / "logs" / "verb.log").write_text("of now")
    assert restore_backup(tmp_path / "backup.tar").audit == 3
    assert (used / "logs" / "verb.log").read_text() == "of now"


def changed(archive: Path, name: str, content: bytes | None) -> None:
    """The archive with other content of one member, or without it."""
    with tarfile.open(archive) as old:
        members = [(member, old.extractfile(member).read()) for member in old.getmembers()]  # type: ignore[union-attr]
    with tarfile.open(archive, "w") as new:
        for member, data in members:
            if member.name == name and content is None:
                continue
            data = content if member.name == name and content is not None else data
            member.size = len(data)
            new.addfile(member, BytesIO(data))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("home/sites/ward.json", b"[]", "sites/ward.json is damaged"),
        ("home/sites/ward.json", None, "files are missing"),
        ("manifest.json", None, "has no manifest.json"),
        ("manifest.json", b"{", "manifest.json is damaged"),
        ("manifest.json", json.dumps({"schema": 9, "program": "9.9", "files": {}}).encode(), "written by version 9.9"),
    ],
)
def test_a_changed_backup_restores_nothing(
    used: Path, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    archive = tmp_path / "backup.tar"
    make_backup(archive)
    changed(archive, name, content)
    wiped(used)
    with pytest.raises(InputError, match=message):
        restore_backup(archive)
    assert list(used.iterdir()) == []
    assert list(used.parent.glob(".*restored")) == []


def test_what_is_no_tar_and_an_audit_log_that_was_changed(used: Path, tmp_path: Path) -> None:
    lines = (used / "audit.jsonl").read_text().splitlines()
    (used / "audit.jsonl").write_text("\n".join([lines[0], lines[2]]) + "\n")
    assert "changed" in make_backup(tmp_path / "backup.tar").problem
    wiped(used)
    with pytest.raises(WorkError, match="does not verify"):
        restore_backup(tmp_path / "backup.tar")
    (tmp_path / "no.tar").write_bytes(b"no tar")
    with pytest.raises(InputError, match="not a complete tar file"):
        restore_backup(tmp_path / "no.tar")
    with pytest.raises(WorkError, match="cannot be restored"):
        restore_backup(tmp_path / "missing.tar")
    assert list(used.iterdir()) == []
