"""The answer as a DICOM Structured Report: TID 1500 with the algorithm by TID 4019, as IHE AI Results asks.

A Comprehensive SR (PS3.3 A.35.3) of one measurement group (TID 1501) on one film: the verdict as a coded evaluation,
the probability and its range as measurements, the reasons as comments. IHE Radiology, AI Results (AIR), 6.5.3.
"""

from datetime import datetime

import highdicom as hd
from highdicom.sr import (
    AlgorithmIdentification,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from cxr_core import __version__
from cxr_core.hospital.answer import Answer
from cxr_core.hospital.checks import MANUFACTURER
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.study import NOT_CLINICAL, copy_patient_and_study, set_times
from cxr_core.labels import NOTICE, VERDICTS, Verdict

SERIES_NUMBER = 9101
DESCRIPTION = f"Pneumonia: report. {NOT_CLINICAL}"
PNEUMONIA = Code("233604007", "SCT", "Pneumonia")
PRESENCE: dict[Verdict, Code] = {
    "pneumonia": Code("52101004", "SCT", "Present"),
    "normal": Code("2667000", "SCT", "Absent"),
    "uncertain": Code("82334004", "SCT", "Indeterminate"),
    "not_assessable": Code("373068000", "SCT", "Undetermined"),
}
_CHEST_RADIOGRAPHY = Code("399208008", "SCT", "Plain chest X-ray")
_LUNG = Code("39607008", "SCT", "Lung")
_MINIMUM, _MAXIMUM = Code("255605001", "SCT", "Minimum"), Code("56851009", "SCT", "Maximum")
_PROBABILITY, _THRESHOLD = Code("122157", "DCM", "Probability"), Code("122411", "DCM", "Threshold Value")
_RATIO = Code("1", "UCUM", "no units")
_COMMENT = codes.DCM.Comment


def structured_report(source: Dataset, answer: Answer, made: datetime) -> Dataset:
    """The report on one film, as an instance of its study. Numbers are shares, 0 to 1 (UCUM "1")."""
    uid = source.SOPInstanceUID

    def part(name: str) -> hd.UID:
        return hd.UID(result_uid(uid, answer.version, name))

    device = DeviceObserverIdentifyingAttributes(
        uid=hd.UID(result_uid(answer.model, answer.version, "device")),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=f"{answer.model} {answer.version}"[:64],
        serial_number=__version__,
    )
    context = ObservationContext(
        observer_device_context=ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    )
    algorithm = AlgorithmIdentification(answer.model, answer.version, answer.parameters(), manufacturer=MANUFACTURER)
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(part("tracking"), f"Pneumonia by {answer.model}"),
        algorithm_id=algorithm,
        finding_type=PNEUMONIA,
        finding_sites=[FindingSite(_LUNG)],
        measurements=_measurements(answer),
        qualitative_evaluations=[QualitativeEvaluation(PNEUMONIA, PRESENCE[answer.verdict])],
        source_images=[SourceImageForMeasurementGroup(source.SOPClassUID, uid)],
    )
    sentences = (f"{NOT_CLINICAL}. {NOTICE}", f"Verdict: {VERDICTS[answer.verdict]}.", *answer.reasons)
    group[0].ContentSequence.extend(
        TextContentItem(_COMMENT, sentence, RelationshipTypeValues.CONTAINS) for sentence in sentences
    )
    report = MeasurementReport(
        observation_context=context,
        procedure_reported=_CHEST_RADIOGRAPHY,
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
    )
    ds = ComprehensiveSR(
        evidence=[source],
        content=report[0],
        series_instance_uid=part("report series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=part("report"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number=answer.version,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=DESCRIPTION,
    )
    copy_patient_and_study(source, ds)
    set_times(ds, made)
    return ds


def _measurements(answer: Answer) -> list[Measurement]:
    """The probability at the stated prevalence, its range over the augmented views, and the threshold."""
    if answer.probability is None:
        return []
    found = [Measurement(_PROBABILITY, round(answer.probability, 4), _RATIO)]
    for value, which in ((answer.lowest, _MINIMUM), (answer.highest, _MAXIMUM)):
        if value is not None:
            found.append(Measurement(_PROBABILITY, round(value, 4), _RATIO, derivation=which))
    found.append(Measurement(_THRESHOLD, round(answer.threshold, 4), _RATIO))
    return found
