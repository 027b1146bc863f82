"""Readings by `predict` and by the DICOM node leave their line: file hash, model, verdict; no patient, no file name."""

import json
import shutil
from pathlib import Path

import pytest

from cxr_core.audit import verify
from cxr_core.cli.audited import recorded
from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films
from cxr_core.errors import WorkError
from cxr_core.files import sha256_of
from cxr_core.hospital.answer import Terms
from cxr_core.hospital.film_reader import FilmReader, Refused, Results
from cxr_core.hospital.spool import SpooledFilm
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.hospital.radiographs import radiograph, write
from tests.support.sign_in import write_access

KEYS = {"at", "account", "event", "sha256", "model", "version", "verdict", "hash"}


@pytest.fixture
def log(cxr_home: Path) -> Path:
    """The audit log of a server with sign-in."""
    cxr_home.mkdir(exist_ok=True)
    write_access(cxr_home, "https://id.example.org", "8501")
    return cxr_home / "audit.jsonl"


def entries(log: Path) -> list[dict[str, str]]:
    found = [json.loads(line) for line in log.read_text().splitlines()]
    assert all(set(one) == KEYS and one["account"].startswith("uid-") for one in found)
    assert verify() == (len(found), "")
    return found


def test_predict_records_each_reading(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    films = [tmp_path / "Mueller^Anna.jpeg", tmp_path / "Meier^Hans.jpeg"]
    for film, sample in zip(films, sample_films(), strict=False):
        shutil.copy(sample, film)
    (tmp_path / "broken.jpeg").write_text("x")
    assert main(["predict", str(tmp_path), "--json"]) == 1
    printed = {one["sha256"]: one["verdict"] for one in json.loads(capsys.readouterr().out)}
    found = entries(log)
    assert {one["sha256"]: one["verdict"] for one in found} == printed
    assert set(printed) == {sha256_of(film) for film in films}
    assert {one["model"] for one in found} == {find_model().name}
    assert not any(name in log.read_text() for name in ("Mueller", "Meier", "jpeg"))


def test_without_sign_in_predict_records_nothing(cxr_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(sample_films()[0])]) == 0
    assert not (cxr_home / "audit.jsonl").exists()


def test_predict_gives_no_reading_that_cannot_be_recorded(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.mkdir()
    assert main(["predict", str(sample_films()[0]), "--json"]) == 1
    assert capsys.readouterr().out == ""


def test_the_node_records_each_reading_before_its_results_are_sent(log: Path, tmp_path: Path) -> None:
    film = SpooledFilm(write(radiograph(1), tmp_path / "a.dcm"), "a")
    (tmp_path / "b.dcm").write_bytes(b"no DICOM")
    reader = FilmReader(Predictor(find_model()), Terms())
    read = recorded(lambda one: reader.read(one.file, one.key), find_model())
    found = read(film)
    assert isinstance(found, Results)
    assert isinstance(read(SpooledFilm(tmp_path / "b.dcm", "b")), Refused)
    (entry,) = entries(log)
    assert (entry["sha256"], entry["verdict"]) == (sha256_of(film.file), found.verdict)
    assert (entry["model"], entry["version"]) == (find_model().name, find_model().version)
    header = radiograph(1)
    for secret in (str(header.PatientName), str(header.PatientID), "a.dcm"):
        assert secret not in log.read_text()
    log.unlink()
    log.mkdir()
    with pytest.raises(WorkError, match="cannot be written"):
        read(film)
