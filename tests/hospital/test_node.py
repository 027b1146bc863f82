"""The node on the loopback: who may send, what is acknowledged, and TLS."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, Verification  # type: ignore[attr-defined]

from cxr_core.errors import SettingsError, WorkError
from cxr_core.hospital.address import Caller
from cxr_core.hospital.identity import instance_key
from cxr_core.hospital.node import Node, Tls
from cxr_core.hospital.spool import Spool
from tests.support.hospital.archive import free_port
from tests.support.hospital.radiographs import radiograph

Connect = Callable[..., Association]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", "v1", quota=200_000)
    yield spool
    spool.close()


@pytest.fixture
def connect(spool: Spool) -> Iterator[Connect]:
    """A function that opens an association with a running node that knows one caller."""
    node, port = Node("CXR", [Caller("MODALITY", "127.0.0.1"), Caller("ELSEWHERE", "192.0.2.1")], spool), free_port()
    node.start("127.0.0.1", port)

    def associate(title: str = "MODALITY", called: str = "CXR") -> Association:
        entity = AE(ae_title=title)
        entity.add_requested_context(Verification)
        entity.add_requested_context(radiograph().SOPClassUID, ExplicitVRLittleEndian)
        entity.add_requested_context(CTImageStorage)
        return entity.associate("127.0.0.1", port, ae_title=called)

    yield associate
    node.stop()


def test_a_listed_caller_is_answered_and_its_film_is_on_disk_when_it_is_acknowledged(
    connect: Connect, spool: Spool
) -> None:
    association = connect()
    assert association.is_established
    assert association.send_c_echo().Status == 0
    film = radiograph(1)
    assert association.send_c_store(film).Status == 0
    assert [spooled.key for spooled in spool.films()] == [instance_key(film.SOPInstanceUID)]
    assert association.send_c_store(film).Status == 0
    assert len(spool.films()) == 1
    association.release()


@pytest.mark.parametrize(("title", "called"), [("STRANGER", "CXR"), ("ELSEWHERE", "CXR"), ("MODALITY", "OTHER")])
def test_title_and_address_must_be_listed_together(connect: Connect, title: str, called: str) -> None:
    assert connect(title, called).is_rejected


def test_a_ct_is_not_accepted_and_a_full_spool_says_so(connect: Connect, spool: Spool) -> None:
    association = connect()
    assert CTImageStorage not in {context.abstract_syntax for context in association.accepted_contexts}
    stored = [association.send_c_store(radiograph(number)).Status for number in range(5)]
    assert stored[0] == 0
    assert stored[-1] == 0xA700  # out of resources: the modality keeps it
    association.release()
    assert len(spool.films()) == stored.count(0)


def test_a_port_in_use_is_one_sentence(spool: Spool) -> None:
    first, second, port = Node("CXR", [], spool), Node("CXR", [], spool), free_port()
    first.start("127.0.0.1", port)
    with pytest.raises(WorkError, match="cannot listen"):
        second.start("127.0.0.1", port)
    first.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Tls:
    """A certificate of the loopback, signed by itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    files = Tls(tmp_path / "certificate.pem", tmp_path / "key.pem", tmp_path / "certificate.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(files.key), "-out", str(files.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return files


def test_with_tls_a_caller_needs_the_certificate(spool: Spool, certificate: Tls) -> None:
    node, port = Node("CXR", [Caller("MODALITY", "127.0.0.1")], spool), free_port()
    node.start("127.0.0.1", port, certificate)
    entity = AE(ae_title="MODALITY")
    entity.add_requested_context(Verification)
    trusting = ssl.create_default_context(cafile=certificate.certificate)
    assert not entity.associate("127.0.0.1", port, ae_title="CXR").is_established
    stranger = entity.associate("127.0.0.1", port, ae_title="CXR", tls_args=(trusting, "127.0.0.1"))
    assert not stranger.is_established
    trusting.load_cert_chain(certificate.certificate, certificate.key)
    known = entity.associate("127.0.0.1", port, ae_title="CXR", tls_args=(trusting, "127.0.0.1"))
    assert known.is_established
    assert known.send_c_echo().Status == 0
    known.release()
    node.stop()


def test_a_certificate_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="not a usable certificate"):
        Tls(tmp_path / "x.pem", tmp_path / "missing.pem").context()
