"""From the outbox to the archive: once, with retries, and no film waits for another."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import JPEGBaseline8Bit, SecondaryCaptureImageStorage
from pynetdicom import AE

from cxr_core.errors import WorkError
from cxr_core.hospital import delivery
from cxr_core.hospital.address import Peer, WebArchive
from cxr_core.hospital.archive import ArchiveUnreachable
from cxr_core.hospital.delivery import Delivery, Waits
from cxr_core.hospital.send import StoreSender, WebSender
from cxr_core.hospital.spool import Spool
from tests.support.hospital.archive import free_port
from tests.support.hospital.radiographs import as_bytes, radiograph


class Archive:
    """Takes results, or fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.taken, self.closed = list(failures), Counter[str](), 0
        self._lock = threading.Lock()

    def send(self, files: Sequence[Path]) -> None:
        with self._lock:
            if self.failures:
                raise self.failures.pop(0)
            self.taken.update(str(dcmread(file).SOPInstanceUID) for file in files)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", "v1")
    for number in range(20):
        spool.receive(f"{number:024x}", b"film", "d")
        results = {"a.dcm": as_bytes(radiograph(number)), "b.dcm": as_bytes(radiograph(100 + number))}
        film = spool.films()[0]
        spool.finish(film, spool.stage(film, results))
    yield spool
    spool.close()


def deliver(spool: Spool, archive: Archive, until: Callable[[], bool]) -> None:
    stop = threading.Event()
    sending = threading.Thread(target=Delivery(spool, lambda: archive).run, args=(stop,))
    sending.start()
    ends = time.monotonic() + 30
    while not until() and time.monotonic() < ends:
        time.sleep(0.02)
    stop.set()
    sending.join()
    assert until()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SHORTEST_WAIT", 0.01)


def test_every_result_is_sent_once(spool: Spool) -> None:
    archive = Archive()
    deliver(spool, archive, lambda: spool.unsent() == [])
    assert set(archive.taken.values()) == {1}
    assert len(archive.taken) == 40
    assert spool.ledger.counts() == {"sent": 20}
    assert archive.closed == delivery.CONNECTIONS


def test_an_archive_that_is_away_is_tried_again(spool: Spool, quick: None) -> None:
    archive = Archive(*[ArchiveUnreachable("away")] * 15)
    deliver(spool, archive, lambda: spool.unsent() == [])
    assert len(archive.taken) == 40


def test_a_film_that_the_archive_refuses_does_not_hold_up_the_others(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SHORTEST_WAIT", 1000.0)
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 1000.0)
    archive = Archive(WorkError("refused"))
    deliver(spool, archive, lambda: len(spool.unsent()) == 1)
    assert len(archive.taken) == 38


def test_waits_grow_to_five_minutes_and_are_forgotten_after_a_success() -> None:
    now = [0.0]
    waits = Waits(lambda: now[0])
    assert waits.over
    assert [waits.failed() for _ in range(10)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert not waits.over
    now[0] = 301
    assert waits.over
    waits.succeeded()
    assert waits.failed() == 1


@pytest.mark.parametrize("damage", [b"", b"x"])
def test_damaged_results_are_one_sentence(spool: Spool, damage: bytes) -> None:
    """By both ways to the archive, which is real pynetdicom; the request by DICOMweb is never made."""
    file = spool.unsent()[0] / "a.dcm"
    file.write_bytes(damage)
    port = free_port()
    archive = AE("ARCHIVE")
    archive.add_supported_context(SecondaryCaptureImageStorage, JPEGBaseline8Bit)
    server = archive.start_server(("127.0.0.1", port), block=False)
    try:
        for sender in (
            StoreSender("CXR", Peer("ARCHIVE", "127.0.0.1", port)),
            WebSender(WebArchive("http://127.0.0.1:1/dicom-web")),
        ):
            with pytest.raises(WorkError, match=r"a\.dcm in the outbox cannot be read"):
                sender.send([file])
            sender.close()
    finally:
        assert server is not None
        server.shutdown()
