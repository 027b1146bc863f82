"""Health and metrics: counts and times, nothing of a patient."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing

import pytest

from cxr_core.errors import WorkError
from cxr_core.hospital.spool import Spool
from cxr_core.hospital.ward import metrics_page
from cxr_core.hospital.ward.drift import Drift
from cxr_core.hospital.ward.metrics_page import MetricsPage
from cxr_core.hospital.ward.store import Ward
from tests.support.hospital.radiographs import as_bytes, radiograph
from tests.support.hospital.ward import VERSION, arrival


@pytest.fixture
def ward(spool: Spool) -> Ward:
    """Two films wait, one of them claimed; one is decided; one statistic has drifted."""
    ward = Ward(spool.folder)
    for number in range(3):
        ward.add(arrival(number), "worklist")
        if number:
            ward.claim(arrival(number).key, VERSION, "anna", "Anna")
    ward.decide(arrival(2).key, VERSION, "anna", "normal")
    ward.add_drift(Drift("", VERSION, "2026-11-23", "mean age", 50.0, 5.0, 40.0, 100))
    return ward


@pytest.fixture
def address(spool: Spool, ward: Ward) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with closing(MetricsPage(spool, ward, port)):
        yield f"http://127.0.0.1:{port}"


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_count_and_name_nobody(address: str, spool: Spool) -> None:
    spool.receive("0" * 24, as_bytes(radiograph(1, PatientName="Ng^Ann")), "digest")
    status, text = get(f"{address}/metrics")
    assert status == 200
    lines = text.splitlines()
    for expected in (
        "cxr_spool_waiting 1",
        'cxr_worklist_films{state="waiting"} 1',
        'cxr_worklist_films{state="claimed"} 1',
        'cxr_worklist_films{state="decided"} 1',
        "cxr_drifts 1",
        "cxr_outbox_waiting 0",
    ):
        assert expected in lines
    names = {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")}
    assert names <= {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert not [name for name in ("Ng", "Ann", "Family", "Anna", "P1") if name in text]


def test_health_says_what_is_wrong(address: str, spool: Spool, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    assert get(f"{address}/health") == (200, "ok\n")
    monkeypatch.setattr(metrics_page, "LATE_SECONDS", -1.0)
    spool.receive("0" * 24, b"film", "digest")
    assert get(f"{address}/health") == (503, "A film has waited for a quarter of an hour.\n")
    monkeypatch.setattr(metrics_page, "LOW_DISK", 2.0)
    assert get(f"{address}/health") == (503, "The disk is nearly full.\n")
    assert get(f"{address}/other")[0] == 404
    ward.file.write_bytes(b"no table" * 1000)
    assert get(f"{address}/metrics") == (503, "The node's tables cannot be read.\n")


def test_a_port_that_is_taken_is_one_sentence(address: str, spool: Spool, ward: Ward) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(WorkError, match=f"127.0.0.1:{port}: the metrics cannot be served there"):
        MetricsPage(spool, ward, port)
