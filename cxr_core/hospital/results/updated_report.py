"""A reader's decision as DICOM: an updated Structured Report that references the one before it.

A Comprehensive SR by TID 1500 like the first, with the reader as observer (TID 1003) and the report before it in the
Predecessor Documents Sequence (PS3.3 C.17.2). It is not verified: the reader did not sign it.
"""

from datetime import datetime

import highdicom as hd
from highdicom.sr import (
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import UID, ComprehensiveSRStorage, ExplicitVRLittleEndian

from cxr_core.hospital import codes as our_codes
from cxr_core.hospital.checks import MANUFACTURER
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.results.encoded import encoded, file_of
from cxr_core.hospital.results.structured_report import evidence_of_study, placeholder, report_document
from cxr_core.hospital.results.study import NOT_CLINICAL, result_dataset, set_times
from cxr_core.inference.reader_log import Own
from cxr_core.labels import NOTICE, VERDICTS, Verdict

SERIES_NUMBER = 9104
DESCRIPTION = f"Pneumonia: a reader's decision. {NOT_CLINICAL}"
_WORDS: dict[Own, Verdict] = {"pneumonia": "pneumonia", "normal": "normal", "unsure": "uncertain"}


def updated_report(
    source: Dataset, version: str, number: int, own: Own, first: Verdict, reader: str, note: str, made: datetime
) -> bytes:
    """The report on a reader's decision, a DICOM file.

    source: the film's header. version: of the model whose report it updates. number: 1 for the first decision, which
    references the model's report; the others reference the decision before. own: the reader's word. first: the model's
    verdict. reader: the reader's name. Raises what highdicom and pydicom raise for a header that breaks the standard.
    """
    series, instance = (
        result_uid(source.SOPInstanceUID, version, f"decision {number}{end}") for end in (" series", "")
    )
    about = result_dataset(source, ComprehensiveSRStorage, (series, instance), "SR", ExplicitVRLittleEndian)
    set_times(about, made)
    about.CurrentRequestedProcedureEvidenceSequence = evidence_of_study(source)
    about.PredecessorDocumentsSequence = _predecessor(source, version, number)
    verdict = _WORDS[own]
    agreed = "agrees with" if verdict == first else "corrects"
    sentences = [
        f"{NOT_CLINICAL}. {NOTICE}",
        f"Reader's word: {VERDICTS[verdict]}. It {agreed} the model's: {VERDICTS[first]}.",
        *([note] if note else []),
    ]
    content = _content(source, version, verdict, reader, sentences)
    content.SpecificCharacterSet = about.SpecificCharacterSet
    return file_of(about.file_meta, encoded(content) | encoded(about))


def _predecessor(source: Dataset, version: str, number: int) -> Sequence:
    """A reference to the report before this one."""
    part = "report" if number == 1 else f"decision {number - 1}"
    referenced, series, study = Dataset(), Dataset(), Dataset()
    referenced.ReferencedSOPClassUID = ComprehensiveSRStorage
    referenced.ReferencedSOPInstanceUID = result_uid(source.SOPInstanceUID, version, part)
    series.SeriesInstanceUID = result_uid(source.SOPInstanceUID, version, f"{part} series")
    series.ReferencedSOPSequence = Sequence([referenced])
    study["StudyInstanceUID"] = source["StudyInstanceUID"]
    study.ReferencedSeriesSequence = Sequence([series])
    return Sequence([study])


def _content(source: Dataset, version: str, verdict: Verdict, reader: str, sentences: list[str]) -> ComprehensiveSR:
    """The report's tree and document, about nobody's study."""
    device = DeviceObserverIdentifyingAttributes(
        uid=hd.UID(result_uid(MANUFACTURER, version, "device")), name=MANUFACTURER, manufacturer_name=MANUFACTURER
    )
    person = PersonObserverIdentifyingAttributes(name=_person(reader))
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            hd.UID(result_uid(source.SOPInstanceUID, version, "tracking")), "Pneumonia by a reader"
        ),
        finding_type=Code(*our_codes.PNEUMONIA),
        finding_sites=[FindingSite(Code(*our_codes.LUNG))],
        qualitative_evaluations=[QualitativeEvaluation(Code(*our_codes.PNEUMONIA), Code(*our_codes.PRESENCE[verdict]))],
        source_images=[SourceImageForMeasurementGroup(source.SOPClassUID, UID(source.SOPInstanceUID))],
    )
    group[0].ContentSequence.extend(
        TextContentItem(codes.DCM.Comment, sentence, RelationshipTypeValues.CONTAINS) for sentence in sentences
    )
    context = ObservationContext(
        observer_person_context=ObserverContext(codes.DCM.Person, person),
        observer_device_context=ObserverContext(codes.DCM.Device, device),
    )
    return report_document(placeholder(source), group, context, version, SERIES_NUMBER, DESCRIPTION)


def _person(name: str) -> str:
    """A name for an observer, without the characters that divide a person name (PS3.5 6.2, VR PN)."""
    plain = " ".join(name.translate(dict.fromkeys(map(ord, "^=\\"), " ")).split())
    return f"{plain[:60] or 'Reader'}^"
