"""What the node does for the ward: films are kept, decisions sent, drift is said and recorded."""

import io
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from cxr_core import audit
from cxr_core.errors import WorkError
from cxr_core.hospital.identity import instance_key, result_uid
from cxr_core.hospital.spool import Spool, SpooledFilm
from cxr_core.hospital.ward.arrival import NOBODY
from cxr_core.hospital.ward.keeper import REPORT, Keeper
from cxr_core.hospital.ward.monitor import FIRST_WEEKS
from cxr_core.hospital.ward.store import Ward
from tests.support.hospital.radiographs import as_bytes, radiograph
from tests.support.hospital.ward import VERSION, arrival
from tests.support.hospital.weeks import drawn
from tests.support.sign_in import write_access

WEEK = 7 * 86400.0
STOPPED = threading.Event()
STOPPED.set()


@pytest.fixture
def ward(spool: Spool) -> Ward:
    return Ward(spool.folder)


def received(spool: Spool, number: int = 1) -> SpooledFilm:
    """A film that waits in the spool."""
    film = radiograph(number)
    spool.receive(instance_key(film.SOPInstanceUID), as_bytes(film), "digest")
    return spool.films()[-1]


def test_the_worklist_keeps_film_and_identity(spool: Spool, ward: Ward) -> None:
    film = received(spool)
    Keeper(spool, ward, 14.0, False, True).keep(film, arrival(key=film.key))
    (kept,) = ward.waiting()
    assert kept.arrival.identity.patient_id == "P0"
    assert kept.arrived == film.arrived
    assert ward.film(film.key) == film.file.read_bytes()
    assert (ward.setting("worklist"), ward.setting("updates")) == ("yes", "yes")


def test_shadow_mode_keeps_accession_and_pseudonym_and_the_monitor_nothing_of_a_patient(
    spool: Spool, ward: Ward
) -> None:
    film = received(spool)
    Keeper(spool, ward, None, True, False).keep(film, arrival(key=film.key))
    (kept,) = ward.in_shadow()
    assert (kept.arrival.identity.accession, kept.arrival.identity.pseudonym) == ("A0", "p0")
    assert (kept.arrival.identity.name, kept.arrival.identity.patient_id) == ("", "")
    assert list(ward.films.iterdir()) == []
    Keeper(spool, ward, None, False, False).keep(film, arrival(5, key="5" * 24))
    assert ward.waiting() == []
    assert len(ward.measured()) == 2
    (other,) = ward._films("kept = ''", "key")
    assert other.arrival.identity == NOBODY
    assert ward.setting("worklist") == ""


def decided(spool: Spool, ward: Ward, content: bytes | None = None) -> Keeper:
    """A keeper whose film is decided, and its decision not sent."""
    film = received(spool)
    if content is not None:
        film.file.write_bytes(content)
    keeper = Keeper(spool, ward, 14.0, False, True)
    keeper.keep(film, arrival(key=film.key))
    ward.claim(film.key, VERSION, "anna", "Anna Ng")
    ward.decide(film.key, VERSION, "anna", "normal", "Seen twice.")
    return keeper


def test_a_decision_becomes_a_report_in_the_outbox_once(spool: Spool, ward: Ward) -> None:
    keeper = decided(spool, ward)
    (decision,) = ward.unsent()
    keeper._send(decision)
    keeper._send(decision)  # as after a crash before it was marked as sent
    (folder,) = spool.unsent()
    report = dcmread(io.BytesIO((folder / REPORT).read_bytes()))
    series = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    first = result_uid(radiograph(1).SOPInstanceUID, VERSION, "report")
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first
    assert ward.unsent() == []
    spool.sent(folder)
    keeper._send(decision)
    assert spool.unsent() == []


def test_a_decision_waits_while_the_disk_fails_and_is_passed_over_without_its_film(
    spool: Spool, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = decided(spool, ward)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(WorkError, match="a result cannot be stored"):
            keeper._send(ward.unsent()[0])
    assert len(ward.unsent()) == 1
    for film in ward.films.iterdir():
        film.unlink()
    keeper._send(ward.unsent()[0])
    assert (ward.unsent(), spool.unsent()) == ([], [])


def test_a_header_that_allows_no_report_is_passed_over(spool: Spool, ward: Ward) -> None:
    keeper = decided(spool, ward, b"no DICOM")
    keeper._send(ward.unsent()[0])
    assert (ward.unsent(), spool.unsent()) == ([], [])


def test_drift_is_stored_and_recorded_once_and_old_films_are_forgotten(
    spool: Spool, ward: Ward, cxr_home: Path
) -> None:
    cxr_home.mkdir(exist_ok=True)
    write_access(cxr_home, "https://id.example.org", "8501")
    rng, now = np.random.default_rng(0), time.time()
    weeks = [drawn(rng, 26) for _ in range(FIRST_WEEKS)] + [drawn(rng, 26, dimmed=1.0)]
    for number, films in enumerate(weeks):
        for position, film in enumerate(films):
            when = now - (len(weeks) - number) * WEEK
            one = arrival(number * 1000 + position, measured=film)
            ward.add(one, "worklist" if number == position == 0 else "", arrived=when)
    keeper = Keeper(spool, ward, 7.0, False, False)
    keeper.run(STOPPED)
    assert ward.waiting() == []
    said = [drift.statistic for drift in ward.drifts()]
    assert "share of not assessable" in said
    lines = [json.loads(line) for line in (cxr_home / "audit.jsonl").read_text().splitlines()]
    assert sorted(line["statistic"] for line in lines) == sorted(said)
    assert {line["event"] for line in lines} == {"drift"}
    keeper.run(STOPPED)
    assert audit.verify() == (len(lines), "")
