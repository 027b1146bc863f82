"""Pseudonyms of patients: nobody without the key can try all ids."""

import hashlib
import stat
import threading
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.imaging.header import read_header
from cxr_core.patient_key import pseudonym, secret_key
from tests.support.files.dicom_files import dataset, saved


def test_a_pseudonym_depends_on_the_machine(cxr_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = pseudonym("1234567")
    assert here == pseudonym("1234567") != pseudonym("1234568")
    assert here.startswith("dicom-")
    assert stat.S_IMODE((cxr_home / "patient.key").stat().st_mode) == 0o600
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "elsewhere"))
    assert pseudonym("1234567") != here


def test_the_header_of_a_film_has_no_plain_hash(tmp_path: Path) -> None:
    film = dataset()
    film.PatientID = "1234567"
    (tmp_path / "a.dcm").write_bytes(saved(film))
    header = read_header(tmp_path / "a.dcm", (tmp_path / "a.dcm").stat().st_size)
    assert header["patient_id"] == pseudonym("1234567")
    assert hashlib.sha256(b"1234567").hexdigest()[:16] not in header["patient_id"]


def test_two_that_create_a_key_get_the_same() -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(secret_key("a.key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_damaged_key_is_one_sentence(cxr_home: Path) -> None:
    cxr_home.mkdir()
    (cxr_home / "patient.key").write_bytes(b"short")
    with pytest.raises(WorkError, match="holds 5 bytes"):
        pseudonym("1")
