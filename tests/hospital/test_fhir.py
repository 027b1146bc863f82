"""FHIR R5, as fhir.resources validates it."""

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.diagnosticreport import DiagnosticReport

from cxr_core.hospital.fhir import Subject, diagnostic_report, subject_of, to_json
from tests.hospital.conftest import MADE, an_answer
from tests.support.hospital.radiographs import IDENTIFIERS, as_bytes, radiograph

FILM = Subject("a" * 64, "1.2.3")


@pytest.mark.parametrize(
    "changes",
    [{}, {"verdict": "uncertain"}, {"verdict": "not_assessable", "probability": None, "lowest": None, "highest": None}],
)
def test_the_document_is_valid(changes: dict[str, Any]) -> None:
    document = diagnostic_report(an_answer(**changes), FILM, MADE)
    report = DiagnosticReport.model_validate(document)
    assert [part.get_resource_type() for part in report.contained] == ["Device", "Observation"]
    assert "Not for clinical use" in report.conclusion


def test_the_observation_holds_verdict_and_numbers() -> None:
    observation = diagnostic_report(an_answer(), FILM, MADE)["contained"][1]
    assert observation["valueCodeableConcept"]["coding"][0]["code"] == "52101004"
    assert [part["valueQuantity"]["value"] for part in observation["component"]] == [0.81, 0.7, 0.9, 0.31]
    assert "prevalence=0.2" in observation["method"]["text"]


def test_it_refers_to_the_study_and_names_no_patient(tmp_path: Path) -> None:
    film = radiograph(1, **IDENTIFIERS)
    file = tmp_path / "film.dcm"
    file.write_bytes(as_bytes(film))
    assert subject_of("a" * 64, file) == subject_of("a" * 64, file.read_bytes()) == ("a" * 64, film.StudyInstanceUID)
    text = to_json(diagnostic_report(an_answer(), subject_of("a" * 64, file), MADE))
    assert f"urn:oid:{film.StudyInstanceUID}" in text
    assert not [value for value in IDENTIFIERS.values() if value in text]


def test_reports_on_one_film_by_one_model_are_one_report() -> None:
    def identifier(**changes: Any) -> str:
        return str(json.loads(to_json(diagnostic_report(an_answer(**changes), FILM, MADE)))["identifier"])

    assert identifier() == identifier(probability=0.2) != identifier(version="b" * 12)


def test_what_is_no_dicom_has_no_study(tmp_path: Path) -> None:
    assert subject_of("a" * 64, b"no DICOM").study == ""
    assert subject_of("a" * 64, tmp_path / "missing").study == ""
