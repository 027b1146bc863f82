"""The packaged Orthanc sends films on to the node, also those that it was given while the node was away."""

import subprocess
from pathlib import Path

import pytest

from tests.support.hospital.archive import MISSING, SKIP_REASON, Orthanc, free_port, orthanc, wait_until
from tests.support.hospital.packaged import archive_settings
from tests.support.hospital.radiographs import as_bytes, radiograph, write

pytestmark = pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
FILMS = 3


def test_films_that_came_while_the_node_was_away_are_sent_once_it_is_back(tmp_path: Path) -> None:
    port, received = free_port(), tmp_path / "received"
    received.mkdir()
    with orthanc(tmp_path / "archive", **archive_settings(port)) as archive:
        for number in range(FILMS):
            archive.store(as_bytes(radiograph(number)))
        wait_until(lambda: states(archive) == ["Failure"] * FILMS, 120, "no film was sent")
        node = subprocess.Popen(["storescp", "-aet", "CXR", "-od", str(received), str(port)])
        try:
            result = write(radiograph(FILMS, Modality="OT"), tmp_path / "result.dcm")
            store = ["storescu", "-aet", "CXR", "-aec", "ORTHANC", "127.0.0.1", str(archive.dicom_port), str(result)]
            wait_until(lambda: is_sent(store, received), 120, "the films are sent")
        finally:
            node.terminate()
            node.wait(60)
        names = sorted(file.name.split(".", 1)[1] for file in received.iterdir())
        assert names == sorted(str(radiograph(number).SOPInstanceUID) for number in range(FILMS))


def states(archive: Orthanc) -> list[str]:
    """The states of the archive's jobs."""
    return [job["State"] for job in archive.get("/jobs?expand")]


def is_sent(store: list[str], received: Path) -> bool:
    """Whether all films were received; the node stores a result meanwhile, which says that it is back."""
    subprocess.run(store, check=True, capture_output=True)
    return len(list(received.iterdir())) == FILMS
