"""DICOMweb with a real Orthanc: studies found and read, results stored back, and no identifier where none belongs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.errors import InputError, NotFound, WorkError
from cxr_core.hospital.address import WebArchive
from cxr_core.hospital.archive import Archive, Query
from tests.conftest import REPOSITORY
from tests.support.diagnose_page import check, component, open_page, quick_predictor  # noqa: F401  a fixture
from tests.support.hospital.archive import (
    MISSING,
    PASSWORD,
    SKIP_REASON,
    USER,
    Orthanc,
    node,
    orthanc,
    storescu,
    wait_until,
)
from tests.support.hospital.radiographs import IDENTIFIERS, as_bytes, radiograph, uid, write

pytestmark = pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
STUDY = str(uid(0, "StudyInstanceUID"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """An archive with three studies; the first names a patient by six identifiers."""
    with orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        running.store(as_bytes(radiograph(0, **IDENTIFIERS)))
        running.store(as_bytes(radiograph(1, StudyDescription="Hand", Modality="DX", StudyDate="20251001")))
        running.store(as_bytes(radiograph(2, StudyDescription="Chest AP", ViewPosition="LL")))
        yield running


def cxr(archive: Orthanc, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in a process of its own."""
    environment = os.environ | archive.environment | {"CXR_HOME": str(home), "TMPDIR": str(home)}
    command = [sys.executable, "-m", "cxr_core", *arguments]
    home.mkdir(exist_ok=True)
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def identifiers_in(text: str | bytes) -> list[str]:
    """Which of the planted identifiers, or parts of the names, are in a text."""
    parts = [part for value in IDENTIFIERS.values() for part in value.split("^") if part != "Doctor"]
    return [part for part in parts if (part.encode() if isinstance(text, bytes) else part) in text]


def web_requests(archive: Orthanc) -> list[str]:
    """The addresses that were asked for, by Orthanc's verbose log."""
    log = (archive.folder / "orthanc.log").read_text(errors="replace")
    return re.findall(r"(?:GET|POST|PUT) (/dicom-web\S*)", log) + re.findall(r"REST request.*dicom-web.*", log)


def test_studies_are_found_by_date_modality_description_and_patient(archive: Orthanc) -> None:
    service = Archive(WebArchive(archive.url, USER, PASSWORD))
    assert {study.description for study in service.studies(Query())} == {"Chest PA", "Hand", "Chest AP"}
    assert [study.description for study in service.studies(Query(modalities=("DX",)))] == ["Hand"]
    assert [study.uid for study in service.studies(Query(description="*pa"))] == [STUDY]
    day = service.studies(Query(description="Hand"))[0].day
    assert [study.description for study in service.studies(Query(first=day, last=day))] == ["Hand"]
    assert [study.uid for study in service.studies(Query(patient="planted*"))] == [STUDY]
    assert [study.uid for study in service.studies(Query(patient=IDENTIFIERS["PatientID"]))] == [STUDY]
    assert service.studies(Query(patient="nobody")) == []


def test_what_cannot_be_fetched_is_one_sentence_without_the_password(archive: Orthanc) -> None:
    service = Archive(WebArchive(archive.url, USER, PASSWORD))
    with pytest.raises(NotFound, match="no radiograph"):
        service.films("1.2.3.4.5")
    with pytest.raises(InputError, match="digits and dots"):
        service.films("../../system")
    with pytest.raises(WorkError, match="refuses this account") as refusal:
        Archive(WebArchive(archive.url, USER, "wrong-word")).studies(Query())
    assert "wrong-word" not in str(refusal.value)
    with pytest.raises(WorkError, match="cannot be reached"):
        Archive(WebArchive("http://127.0.0.1:1/dicom-web", USER, PASSWORD)).studies(Query())


def test_predict_reads_a_study_and_stores_the_results_once(archive: Orthanc, tmp_path: Path) -> None:
    home = tmp_path / "home"
    arguments = ("predict", f"dicomweb:{STUDY}", "--json", "--send", "--fhir", str(tmp_path / "fhir"))
    for _ in range(2):
        done = cxr(archive, home, *arguments, "--heatmaps", str(tmp_path / "maps"))
        assert done.returncode == 0, done.stderr
        (result,) = json.loads(done.stdout)
        assert result["file"] == f"dicomweb:{STUDY}/{uid(0, 'SOPInstanceUID')}"
        assert result["verdict"] in ("pneumonia", "normal", "uncertain")
        assert not identifiers_in(done.stdout + done.stderr)
    assert [len(archive.instances(part)) for part in ("SR", "OT", "DOC")] == [1, 1, 1]
    (report,) = (tmp_path / "fhir").iterdir()
    assert f"urn:oid:{STUDY}" in report.read_text()
    assert not identifiers_in(report.read_text())
    lateral = cxr(archive, home, "predict", f"dicomweb:{uid(2, 'StudyInstanceUID')}")
    assert lateral.returncode == 2
    assert "view LL" in lateral.stderr
    assert "Traceback" not in lateral.stderr


def test_studies_prints_no_name_unless_asked(archive: Orthanc, tmp_path: Path) -> None:
    quiet = cxr(archive, tmp_path / "home", "studies", "--patient", "Plantedfamily*", "--json")
    assert [row["study"] for row in json.loads(quiet.stdout)] == [STUDY]
    assert not identifiers_in(quiet.stdout + quiet.stderr)
    named = cxr(archive, tmp_path / "home", "studies", "--patient", "Plantedfamily*", "--names", "--json")
    assert json.loads(named.stdout)[0]["id"] == IDENTIFIERS["PatientID"]
    assert web_requests(archive)
    assert not identifiers_in("\n".join(web_requests(archive)))


def test_the_node_leaves_no_identifier_behind(archive: Orthanc, tmp_path: Path) -> None:
    film = radiograph(7, **IDENTIFIERS)
    with node(tmp_path / "home", archive) as running:
        assert storescu(running.port, [write(film, tmp_path / "film.dcm")]).returncode == 0
        wait_until(lambda: running.said(" Sent ") == 1, 240, "the results")
    left = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert {path.name for path in left} >= {"node.log", "ledger.sqlite"}
    assert not [path for path in left if identifiers_in(path.read_bytes())]
    found = Archive(WebArchive(archive.url, USER, PASSWORD)).studies(Query(modalities=("SR",), patient="planted*"))
    assert str(film.StudyInstanceUID) in {row.uid for row in found}


def search(page: AppTest, description: str) -> AppTest:
    """Open the search, find the studies of that description on any day that it offers; returns the page."""
    page.session_state["from_archive"] = True
    page.run()
    days = page.date_input[0]
    days.set_value((days.min, days.max))
    next(field for field in page.text_input if field.label == "Description").set_value(description)
    next(button for button in page.button if button.label == "Find studies").click()
    return check(page.run())


def everything(page: AppTest) -> str:
    """All that the page sends to the browser."""
    return "".join(str(element.proto) for element in page.main if hasattr(element, "proto"))


def test_a_reader_without_the_right_sees_no_name_on_the_page(
    archive: Orthanc,
    monkeypatch: pytest.MonkeyPatch,
    quick_predictor: None,  # noqa: F811
) -> None:
    for name, value in archive.environment.items():
        monkeypatch.setenv(name, value)
    page = search(open_page(), "*PA")
    (choice,) = [box for box in page.selectbox if box.label == "Study"]
    assert len(choice.options) == 1
    assert "Chest PA" in everything(page)
    assert not identifiers_in(everything(page))
    next(button for button in page.button if button.label == "Read this study").click()
    check(page.run())
    assert component(page, "viewer")["picture"]
    assert not identifiers_in(everything(page))
    monkeypatch.setenv("CXR_ARCHIVE_NAMES", "1")
    page = search(open_page(), "*PA")
    assert identifiers_in(next(box for box in page.selectbox if box.label == "Study").options[0])
