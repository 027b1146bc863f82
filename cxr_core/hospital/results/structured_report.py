"""The answer as a DICOM Structured Report: TID 1500 with the algorithm by TID 4019, as IHE AI Results asks.

A Comprehensive SR (PS3.3 A.35.3) of one measurement group (TID 1501) on one film: the verdict as a coded evaluation,
the probability and its range as measurements, the reasons as comments (IHE Radiology, AI Results).

highdicom builds the tree once for each combination of model, settings and verdict, with empty values; the values of a
film are then filled in, which takes a tenth of the time of building it anew.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

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
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import UID, ComputedRadiographyImageStorage

from cxr_core import __version__
from cxr_core.hospital import codes as our_codes
from cxr_core.hospital.answer import Answer
from cxr_core.hospital.checks import MANUFACTURER
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.results.study import NOT_CLINICAL, copy_patient_and_study, reference, set_times, uid_element
from cxr_core.labels import NOTICE, VERDICTS, Verdict

SERIES_NUMBER = 9101
DESCRIPTION = f"Pneumonia: report. {NOT_CLINICAL}"
_COMMENT = codes.DCM.Comment


def structured_report(source: Dataset, answer: Answer, made: datetime) -> Dataset:
    """The report on one film, as an instance of its study. Numbers are shares, 0 to 1 (UCUM "1")."""
    numbers = [text for _, text in _numbers(answer)]
    sentences = [f"{NOT_CLINICAL}. {NOTICE}", f"Verdict: {VERDICTS[answer.verdict]}.", *answer.reasons]
    algorithm = (answer.model, answer.version, answer.parameters())
    shape = (answer.verdict, tuple(code for code, _ in _numbers(answer)), len(sentences))
    ds = dcmread(io.BytesIO(_template(*algorithm, *shape)))

    def uid(part: str) -> UID:
        return result_uid(source.SOPInstanceUID, answer.version, part)

    ds.SeriesInstanceUID, ds.SOPInstanceUID = uid("report series"), uid("report")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    copy_patient_and_study(source, ds)
    set_times(ds, made)
    _fill(ds.ContentSequence[-1].ContentSequence[0], source, uid("tracking"), numbers, sentences)
    study, series = Dataset(), Dataset()
    study.add(uid_element("StudyInstanceUID", source.StudyInstanceUID))
    series.add(uid_element("SeriesInstanceUID", source.SeriesInstanceUID))
    series.ReferencedSOPSequence = reference(source)
    study.ReferencedSeriesSequence = Sequence([series])
    ds.CurrentRequestedProcedureEvidenceSequence = Sequence([study])
    return ds


def _fill(group: Dataset, source: Dataset, tracking: UID, numbers: list[str], sentences: list[str]) -> None:
    """Put a film's values into the measurement group of the template, each list in order."""
    number, sentence = iter(numbers), iter(sentences)
    for item in group.ContentSequence:
        if item.ValueType == "NUM":
            measured = item.MeasuredValueSequence[0]
            measured.NumericValue = next(number)
            measured.FloatingPointValue = float(measured.NumericValue)
        elif item.ValueType == "UIDREF":
            item.UID = tracking
        elif item.ValueType == "IMAGE":
            item.ReferencedSOPSequence = reference(source)
        elif item.ValueType == "TEXT" and item.ConceptNameCodeSequence[0].CodeValue == _COMMENT.value:
            item.TextValue = next(sentence)


def _numbers(answer: Answer) -> Iterator[tuple[tuple[our_codes.Coded, our_codes.Coded | None], str]]:
    """Name, derivation and value of each measurement; none without a probability."""
    if answer.probability is None:
        return
    probability = our_codes.PROBABILITY
    yield (probability, None), f"{answer.probability:.4f}"
    for value, derivation in ((answer.lowest, our_codes.MINIMUM), (answer.highest, our_codes.MAXIMUM)):
        if value is not None:
            yield (probability, derivation), f"{value:.4f}"
    yield (our_codes.THRESHOLD, None), f"{answer.threshold:.4f}"


@lru_cache(maxsize=64)
def _template(
    model: str,
    version: str,
    parameters: tuple[str, ...],
    verdict: Verdict,
    numbers: tuple[tuple[our_codes.Coded, our_codes.Coded | None], ...],
    sentences: int,
) -> bytes:
    """A report on a film of nobody's, as a DICOM file; `_fill` says what is replaced."""
    film = _placeholder()
    device = DeviceObserverIdentifyingAttributes(
        uid=hd.UID(result_uid(model, version, "device")),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=f"{model} {version}"[:64],
        serial_number=__version__,
    )
    observer = ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(hd.UID(), f"Pneumonia by {model}"),
        algorithm_id=AlgorithmIdentification(model, version, parameters, manufacturer=MANUFACTURER),
        finding_type=Code(*our_codes.PNEUMONIA),
        finding_sites=[FindingSite(Code(*our_codes.LUNG))],
        measurements=[
            Measurement(Code(*name), 0.0, Code(*our_codes.SHARE), derivation=Code(*how) if how else None)
            for name, how in numbers
        ],
        qualitative_evaluations=[QualitativeEvaluation(Code(*our_codes.PNEUMONIA), Code(*our_codes.PRESENCE[verdict]))],
        source_images=[SourceImageForMeasurementGroup(film.SOPClassUID, film.SOPInstanceUID)],
    )
    group[0].ContentSequence.extend(
        TextContentItem(_COMMENT, "-", RelationshipTypeValues.CONTAINS) for _ in range(sentences)
    )
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=Code(*our_codes.CHEST_RADIOGRAPHY),
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
    )
    ds = ComprehensiveSR(
        evidence=[film],
        content=report[0],
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number=version,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=DESCRIPTION,
    )
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def _placeholder() -> Dataset:
    """The header of no film, for the template."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = ComputedRadiographyImageStorage, hd.UID()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = hd.UID(), hd.UID(), "CR"
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"):
        setattr(ds, keyword, "")
    ds.AccessionNumber = ds.StudyID = ds.ReferringPhysicianName = ""
    return ds
