"""Processes that read films: what they hand over, and what happens when one ends."""

import os
import signal
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.hospital import workers
from cxr_core.hospital.answer import Terms
from cxr_core.hospital.film_reader import Refused, Results
from cxr_core.hospital.results.build import REPORT
from cxr_core.hospital.spool import SpooledFilm
from cxr_core.models.registry import Model, find_model
from tests.support.hospital.radiographs import radiograph, write


@pytest.fixture
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "COUNT", 1)


def spooled(folder: Path, name: str = "a") -> SpooledFilm:
    return SpooledFilm(write(radiograph(1), folder / f"{name}.dcm"), name)


def test_a_film_is_read_in_another_process_and_a_process_that_ends_is_replaced(
    tmp_path: Path, one_worker: None
) -> None:
    film = spooled(tmp_path)
    with workers.Workers(find_model(), Terms()) as reading:
        found = reading.read(film)
        assert isinstance(found, Results)
        assert REPORT in found.files
        (worker,) = reading._all
        before = worker._process.pid
        os.kill(before, signal.SIGKILL)
        worker._process.join()
        assert isinstance(reading.read(film), Results)  # read again, by a new process
        assert worker._process.pid != before
        not_a_film = tmp_path / "b.dcm"
        not_a_film.write_bytes(b"no DICOM")
        assert isinstance(reading.read(SpooledFilm(not_a_film, "b")), Refused)


def test_a_film_that_ends_its_process_each_time_is_refused_by_name(
    tmp_path: Path, one_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crashing(workers._Worker):
        """Ends with the film named "bad", as a fault in native code would."""

        def read(self, film: SpooledFilm) -> Results | Refused:
            if film.key == "bad":
                os.kill(self._process.pid, signal.SIGSEGV)
            return super().read(film)

    monkeypatch.setattr(workers, "_Worker", Crashing)
    with workers.Workers(find_model(), Terms()) as reading:
        found = reading.read(spooled(tmp_path, "bad"))
        assert isinstance(found, Refused)
        assert "SIGSEGV" in found.reason
        assert len(found.digest) == 64
        assert isinstance(reading.read(spooled(tmp_path, "good")), Results)


def test_a_model_that_cannot_be_loaded_is_reported_before_a_film_arrives(tmp_path: Path, one_worker: None) -> None:
    model = find_model()
    with pytest.raises(WorkError):
        workers.Workers(Model(tmp_path / "gone", model.card), Terms())
