"""The answer as FHIR R5 (hl7.org/fhir/R5): a DiagnosticReport that contains its Observation and the Device behind it.

It names no patient: who files it knows whose film it is, and a DICOM film is referred to by its study.
"""

import io
import json
import logging
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cxr_core import __version__
from cxr_core.hospital.answer import Answer
from cxr_core.hospital.codes import (
    CHEST_VIEWS,
    LUNG,
    MAXIMUM,
    MINIMUM,
    PNEUMONIA,
    PRESENCE,
    PROBABILITY,
    SYSTEMS,
    THRESHOLD,
    Coded,
)
from cxr_core.labels import NOTICE, VERDICTS
from cxr_core.log import log_handled

_logger = logging.getLogger(__name__)

_NAMESPACE = uuid.UUID("0f6a3b6e-8b35-5f0b-9f0c-5a4e0d5c2b77")  # of these reports; never change it
NOT_CLINICAL = "Not for clinical use."


class Subject(NamedTuple):
    """The film: sha256 of its file, and of a DICOM film the UID of its study, else empty."""

    sha256: str
    study: str = ""


def subject_of(sha256: str, file: Path | bytes) -> Subject:
    """A film by its file or the file's content."""
    from pydicom import dcmread

    try:
        source = io.BytesIO(file) if isinstance(file, bytes) else file
        header = dcmread(source, stop_before_pixels=True, specific_tags=["StudyInstanceUID"])
        return Subject(sha256, str(header.get("StudyInstanceUID") or ""))
    except Exception as error:  # not DICOM; pydicom raises its own errors
        log_handled(_logger, "a film has no DICOM header", error)
        return Subject(sha256)


def diagnostic_report(answer: Answer, film: Subject, made: datetime) -> dict[str, Any]:
    """The report as a JSON document. made: with its time zone.

    Its identifier is derived from film and model version: reports on one film by one model are one report.
    """
    identifier = uuid.uuid5(_NAMESPACE, f"{film.sha256}|{answer.version}")
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "contained": [_device(answer), _observation(answer, made)],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identifier}"}],
        "status": "preliminary",  # nobody has verified it
        "category": [_concept(Coded("RAD", "", "Radiology"), "http://terminology.hl7.org/CodeSystem/v2-0074")],
        "code": _concept(CHEST_VIEWS),
        "issued": made.isoformat(timespec="seconds"),
        "result": [{"reference": "#pneumonia"}],
        "conclusion": " ".join((NOT_CLINICAL, f"{VERDICTS[answer.verdict]}.", *answer.reasons)),
        "conclusionCode": [_concept(PRESENCE[answer.verdict])],
    }
    if film.study:
        report["study"] = [{"type": "ImagingStudy", "identifier": _uid(film.study)}]
    return report


def to_json(report: dict[str, Any]) -> str:
    """The document as text."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _observation(answer: Answer, made: datetime) -> dict[str, Any]:
    observation: dict[str, Any] = {
        "resourceType": "Observation",
        "id": "pneumonia",
        "status": "preliminary",
        "code": _concept(PNEUMONIA),
        "effectiveDateTime": made.isoformat(timespec="seconds"),
        "device": {"reference": "#model"},
        "bodySite": _concept(LUNG),
        "valueCodeableConcept": _concept(PRESENCE[answer.verdict]),
        "method": {"text": "; ".join(answer.parameters())},
        "note": [{"text": text} for text in (NOT_CLINICAL, NOTICE, *answer.reasons)],
    }
    at = f"at a prevalence of {answer.prevalence:.0%}"
    numbers = (
        (answer.probability, PROBABILITY, f"Probability of pneumonia {at}"),
        (answer.lowest, MINIMUM, f"Lowest probability over the film and its augmented views {at}"),
        (answer.highest, MAXIMUM, f"Highest probability over the film and its augmented views {at}"),
        (answer.threshold if answer.probability is not None else None, THRESHOLD, f"Threshold {at}"),
    )
    components = [_component(value, code, text) for value, code, text in numbers if value is not None]
    if components:
        observation["component"] = components
    return observation


def _component(value: float, code: Coded, text: str) -> dict[str, Any]:
    quantity = {"value": round(value, 4), "unit": "1", "system": SYSTEMS["UCUM"], "code": "1"}
    return {"code": _concept(code) | {"text": text}, "valueQuantity": quantity}


def _device(answer: Answer) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "id": "model",
        "manufacturer": "CXR Workbench",
        "modelNumber": answer.model,
        "version": [{"value": answer.version}, {"value": f"cxr_core {__version__}"}],
    }


def _concept(code: Coded, system: str = "") -> dict[str, Any]:
    coding = {"system": system or SYSTEMS[code.scheme], "code": code.value, "display": code.meaning}
    return {"coding": [coding], "text": code.meaning}


def _uid(uid: str) -> dict[str, str]:
    return {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}
