"""From the spool to the outbox, with a stand-in for the network."""

import io
import logging
import pickle
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pydicom import dcmread

from cxr_core.hospital.answer import Terms, answer_of
from cxr_core.hospital.aside import refused
from cxr_core.hospital.checks import MANUFACTURER
from cxr_core.hospital.film_reader import FilmReader
from cxr_core.hospital.identity import instance_key
from cxr_core.hospital.reading import read_spool
from cxr_core.hospital.results.build import PAPER, PICTURE, REPORT
from cxr_core.hospital.spool import Spool
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.film import Film
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.reading import Reading
from cxr_core.models.registry import find_model
from cxr_core.models.site_profile import SiteProfile
from tests.support.diagnose_page import QuickPredictor
from tests.support.hospital.radiographs import IDENTIFIERS, as_bytes, radiograph


class Reader(QuickPredictor):
    """Reads by brightness, under any settings."""

    def read(self, film: Film, choice: Choice) -> Reading:
        return self.decide(self.predict_film(film))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", "v1")
    yield spool
    spool.close()


def read_all(spool: Spool) -> None:
    """Read what waits in the spool, then stop."""
    stop, arrived = threading.Event(), threading.Event()
    reader = FilmReader(Reader(find_model()), Terms())
    work = partial(read_spool, spool, lambda film: reader.read(film.file, film.key), stop, arrived)
    reading = threading.Thread(target=work)
    reading.start()
    ends = time.monotonic() + 60
    while spool.films() and time.monotonic() < ends and reading.is_alive():
        time.sleep(0.02)
    stop.set()
    reading.join()
    assert spool.films() == []


def receive(spool: Spool, *films) -> list[str]:  # type: ignore[no-untyped-def]
    keys = []
    for film in films:
        key = instance_key(film.SOPInstanceUID)
        spool.receive(key, as_bytes(film), "digest")
        keys.append(key)
    return keys


def test_films_are_exchanged_for_three_results_each_and_the_log_names_no_patient(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "cxr_core")
    keys = receive(spool, *(radiograph(number, **IDENTIFIERS) for number in range(10)))
    read_all(spool)
    assert [folder.name.split("-")[0] for folder in spool.unsent()] == keys  # in order of arrival
    for folder in spool.unsent():
        assert sorted(file.name for file in folder.glob("*.dcm")) == [PICTURE, PAPER, REPORT]
        report = dcmread(io.BytesIO((folder / REPORT).read_bytes()))
        assert report.PatientID == IDENTIFIERS["PatientID"]
    assert all(key in caplog.text for key in keys)
    assert not [value for value in IDENTIFIERS.values() if value in caplog.text]


def test_what_cannot_be_read_is_kept_with_a_reason_and_own_results_are_passed_over(spool: Spool) -> None:
    lateral, cut, own = radiograph(1, ViewPosition="RL"), radiograph(2, Rows=9000), radiograph(3)
    own.Manufacturer = MANUFACTURER
    no_study = radiograph(4)
    del no_study.StudyInstanceUID
    keys = receive(spool, lateral, cut, own, no_study)
    spool.receive("0" * 24, b"no DICOM at all", "digest")
    read_all(spool)
    reasons = dict(refused(spool.folder))
    assert reasons[keys[0]].startswith("view RL")
    assert "truncated" in reasons[keys[1]] or "pixel" in reasons[keys[1]]
    assert keys[2] not in reasons
    assert "Study" in reasons[keys[3]]
    assert len(reasons) == 4
    assert spool.unsent() == []
    assert spool.ledger.counts() == {"aside": 4, "discarded": 1}


def test_a_film_on_which_the_network_fails_holds_up_no_other(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keys = receive(spool, *map(radiograph, range(4)))
    read = Reader.read

    def failing(self: Reader, film: Film, choice: Choice) -> Reading:
        if film.name.startswith(keys[1]):
            raise ArithmeticError("a name")
        return read(self, film, choice)

    monkeypatch.setattr(Reader, "read", failing)
    read_all(spool)
    assert len(spool.unsent()) == 3
    assert [key for key, reason in refused(spool.folder) if "reading it failed" in reason] == [keys[1]]
    assert "a name" not in caplog.text


def test_a_film_that_the_gate_refuses_still_gets_an_answer(spool: Spool) -> None:
    small = radiograph(1)
    small.Rows, small.Columns, small.PixelData = 40, 40, bytes(1600)
    receive(spool, small)
    read_all(spool)
    (folder,) = spool.unsent()
    report = dcmread(io.BytesIO((folder / REPORT).read_bytes()))
    assert "Undetermined" in {str(element.value) for element in report.iterall() if element.keyword == "CodeMeaning"}


def test_an_answer_is_stated_at_the_prevalence_of_the_site() -> None:
    predictor = Reader(find_model())
    reading = predictor.read(decode_film(as_bytes(radiograph(1)), "film.dcm"), Choice())
    low, high = (answer_of(reading, predictor.model, Terms(share)) for share in (0.02, 0.8))
    assert low.probability is not None
    assert high.probability is not None
    assert low.probability < reading.probability < high.probability or reading.probability in (0, 1)
    assert (low.probability >= low.threshold) == (high.probability >= high.threshold)
    assert "prevalence=0.02" in low.parameters()
    assert low.lowest is not None
    assert low.lowest <= low.probability


def test_the_node_reads_by_a_sites_profile_and_names_it() -> None:
    model = find_model()
    values = {"name": "north", "model": model.name, "version": model.version, "prevalence": 0.4, "shift": 0.5}
    values |= {"limits_by_error_rate": {}, "verdict": "fit", "who": "A", "when": "2026-01-02", "data": "d", "films": 90}
    site = SiteProfile.from_dict(values)
    terms = pickle.loads(pickle.dumps(Terms(0.4, site=site)))  # as it travels to the node's workers
    prediction = QuickPredictor(model).predict_film(decode_film(as_bytes(radiograph(1)), "film.dcm"))
    reading = decide(prediction, Rules.of(model.card).at(site), terms.choice, model.name, model.version)
    answer = answer_of(reading, model, terms)
    assert answer.prevalence == 0.4
    assert answer.probability == pytest.approx(reading.probability_here)
    assert answer.reasons[-1].startswith("By the profile of site north, 90 films")
