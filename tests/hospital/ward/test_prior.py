"""The film before: on the worklist, in the archive, or why there is none."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cxr_core.errors import WorkError
from cxr_core.hospital import archive
from cxr_core.hospital.address import URL
from cxr_core.hospital.ward.arrival import Arrival
from cxr_core.hospital.ward.prior import WINDOWS, prior_of
from cxr_core.hospital.ward.store import Ward
from tests.support.hospital.ward import VERSION, arrival


def of_patient(number: int, patient_id: str, day: str = "20261126") -> Arrival:
    film = arrival(number)
    return replace(film, identity=replace(film.identity, patient_id=patient_id, study_date=day))


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    """Films of patient P: 1 and 2, and 3, which came after 4; 5 of another patient. Each one's file is its number."""
    monkeypatch.delenv(URL, raising=False)
    ward = Ward(tmp_path)
    for number, patient, arrived in ((1, "P", 1.0), (2, "P", 2.0), (4, "P", 4.0), (3, "P", 5.0), (5, "Q", 3.0)):
        file = tmp_path / str(number)
        file.write_text(str(number))
        ward.add(of_patient(number, patient, f"2026112{number}"), "worklist", file, arrived)
    return ward


def prior(ward: Ward, number: int) -> Any:
    return prior_of(ward, ward.find(arrival(number).key, VERSION))


def test_the_last_film_of_the_patient_before_this_one(ward: Ward) -> None:
    found = prior(ward, 4)
    assert (found.data, found.day) == (b"2", "2026-11-22")
    assert found.sentence == "Beside it: the patient's film of 2026-11-22."
    assert prior(ward, 1).data is None
    assert prior(ward, 1).sentence == "No earlier film here, and no archive to look in."


def test_a_film_without_a_patient_or_without_a_date(ward: Ward, tmp_path: Path) -> None:
    for number in (6, 7):
        (tmp_path / str(number)).write_text("x")
    ward.add(of_patient(6, ""), "worklist", tmp_path / "6", 9.0)
    assert "names no patient" in prior(ward, 6).sentence
    ward.add(of_patient(6, "R", ""), "worklist", tmp_path / "6", 9.0)
    ward.add(of_patient(7, "R"), "worklist", tmp_path / "7", 10.0)
    assert prior(ward, 7).sentence == "Beside it: an earlier film of the patient."


class FakeArchive:
    """An archive with studies of patient Q and of others, that answers a month at a time."""

    asked: list[Any]

    def __init__(self, settings: object) -> None:
        FakeArchive.asked = []

    def studies(self, query: Any) -> list[SimpleNamespace]:
        self.asked.append(query)
        days = {"a": ("Q", date(2026, 11, 25)), "b": ("other", date(2026, 10, 2)), "c": ("Q", date(2026, 10, 1))}
        found = [SimpleNamespace(uid=uid, patient_id=patient, day=day) for uid, (patient, day) in days.items()]
        return [study for study in found if query.first <= study.day <= query.last]

    def films(self, uid: str) -> list[bytes]:
        return [uid.encode()]


def test_the_archive_is_searched_backwards_and_its_own_study_is_none(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, "http://127.0.0.1:9/dicom-web")
    monkeypatch.setattr(archive, "Archive", FakeArchive)
    monkeypatch.setattr(archive, "Query", lambda first, last: SimpleNamespace(first=first, last=last), raising=True)
    film = ward.find(arrival(5).key, VERSION)
    film = replace(film, arrival=replace(film.arrival, identity=replace(film.arrival.identity, study_uid="a")))
    found = prior_of(ward, film)
    assert (found.data, found.day) == (b"c", "2026-10-01")
    assert 1 < len(FakeArchive.asked) < WINDOWS
    nobody = replace(film, arrival=replace(film.arrival, identity=replace(film.arrival.identity, patient_id="Z")))
    assert prior_of(ward, nobody).sentence == "The archive has no earlier film of the patient within 12 months."
    assert len(FakeArchive.asked) == WINDOWS


def test_an_archive_that_does_not_answer_and_one_that_is_not_installed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, "http://127.0.0.1:9/dicom-web")

    def fails(self: object, query: object) -> None:
        raise WorkError("does not answer", thing="archive")

    monkeypatch.setattr(archive, "Archive", FakeArchive)
    monkeypatch.setattr(FakeArchive, "studies", fails)
    assert prior(ward, 5).sentence == "No earlier film could be fetched (archive: does not answer)."
    monkeypatch.setitem(sys.modules, "cxr_core.hospital.archive", None)
    assert prior(ward, 5).sentence == "The archive needs the packages of requirements-hospital.txt."
