"""The answer as a DICOM Structured Report: TID 1500 with the algorithm by TID 4019, as IHE AI Results asks.

A Comprehensive SR (PS3.3 A.35.3) of one measurement group (TID 1501) on one film: the verdict as a coded evaluation,
the probability and its range as measurements, the reasons as comments (IHE Radiology, AI Results).

highdicom builds the tree once for each combination of model, settings and verdict, and it is kept as bytes with gaps
for what differs from film to film.
"""

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
from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.tag import Tag
from pydicom.uid import ComprehensiveSRStorage, ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from cxr_core import __version__
from cxr_core.hospital import codes as our_codes
from cxr_core.hospital.answer import Answer
from cxr_core.hospital.checks import MANUFACTURER
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.results.encoded import Pieces, encoded, file_of, filled, pieces_of
from cxr_core.hospital.results.study import NOT_CLINICAL, reference, result_dataset, set_times, uid_element
from cxr_core.labels import NOTICE, VERDICTS, Verdict

SERIES_NUMBER = 9101
DESCRIPTION = f"Pneumonia: report. {NOT_CLINICAL}"
_COMMENT = codes.DCM.Comment
_CONTENT = Tag("ContentSequence")
_TRACKING, _SENTENCE = hd.UID(), "-"  # in the template, where a film's own are put


def structured_report(source: Dataset, answer: Answer, made: datetime) -> bytes:
    """The report on one film, an instance of its study, as a DICOM file. Numbers are shares, 0 to 1 (UCUM "1").

    Raises KeyError if the source has no Study Instance UID.
    """
    numbers = [text for _, text in _numbers(answer)]
    sentences = [f"{NOT_CLINICAL}. {NOTICE}", f"Verdict: {VERDICTS[answer.verdict]}.", *answer.reasons]
    algorithm = (answer.model, answer.version, answer.parameters())
    elements, content = _template(
        *algorithm, answer.verdict, tuple(code for code, _ in _numbers(answer)), len(sentences)
    )
    about = _about(source, answer, made)
    tracking = result_uid(source.SOPInstanceUID, answer.version, "tracking")
    values: dict[str, Iterator[object]] = {
        "NumericValue": iter(numbers),
        "FloatingPointValue": map(float, numbers),
        "UID": iter([tracking]),
        "ReferencedSOPSequence": iter([reference(source)]),
        "TextValue": iter(sentences),
    }
    filled_content = filled(content, values, convert_encodings(about.SpecificCharacterSet))
    return file_of(about.file_meta, elements | encoded(about) | {int(_CONTENT): filled_content})


def _about(source: Dataset, answer: Answer, made: datetime) -> Dataset:
    """The elements of the report, other than its content, that differ from film to film."""
    series, instance = (result_uid(source.SOPInstanceUID, answer.version, f"report{end}") for end in (" series", ""))
    ds = result_dataset(source, ComprehensiveSRStorage, (series, instance), "SR", ExplicitVRLittleEndian)
    set_times(ds, made)
    ds.CurrentRequestedProcedureEvidenceSequence = evidence_of_study(source)
    return ds


def evidence_of_study(source: Dataset) -> Sequence:
    """The sequence that names the film as what a report is about (PS3.3 Table C.17-2)."""
    study, of_series = Dataset(), Dataset()
    study.add(uid_element("StudyInstanceUID", source.StudyInstanceUID))
    of_series.add(uid_element("SeriesInstanceUID", source.SeriesInstanceUID))
    of_series.ReferencedSOPSequence = reference(source)
    study.ReferencedSeriesSequence = Sequence([of_series])
    return Sequence([study])


def _varying(item: Dataset) -> frozenset[str]:
    """The keywords of an item's elements that differ from film to film, in the measurement group."""
    kind = item.get("ValueType")
    if "NumericValue" in item:
        return frozenset({"NumericValue", "FloatingPointValue"})
    if kind == "UIDREF" and item.UID == _TRACKING:
        return frozenset({"UID"})
    if kind == "IMAGE":
        return frozenset({"ReferencedSOPSequence"})
    if kind == "TEXT" and item.TextValue == _SENTENCE:
        return frozenset({"TextValue"})
    return frozenset()


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
) -> tuple[dict[int, bytes], Pieces]:
    """A report on a film of nobody's: its encoded elements by their tags, and the pieces of its content."""
    film = placeholder()
    device = DeviceObserverIdentifyingAttributes(
        uid=hd.UID(result_uid(model, version, "device")),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=f"{model} {version}"[:64],
        serial_number=__version__,
    )
    observer = ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(_TRACKING, f"Pneumonia by {model}"),
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
        TextContentItem(_COMMENT, _SENTENCE, RelationshipTypeValues.CONTAINS) for _ in range(sentences)
    )
    context = ObservationContext(observer_device_context=observer)
    ds = report_document(film, group, context, version, SERIES_NUMBER, DESCRIPTION)
    for equipment in ds.get("ContributingEquipmentSequence", ()):
        del equipment.ContributionDateTime  # of the template, not of the report
    content = pieces_of(ds[_CONTENT], _varying)
    del ds[_CONTENT]
    return encoded(ds), content


def report_document(
    film: Dataset,
    group: MeasurementsAndQualitativeEvaluations,
    context: ObservationContext,
    version: str,
    series: int,
    description: str,
) -> ComprehensiveSR:
    """The document of a report that nobody has verified, of one measurement group on one film.

    context: whose observation it is. version: of the model. series, description: number and description of its series.
    """
    report = MeasurementReport(
        observation_context=context,
        procedure_reported=Code(*our_codes.CHEST_RADIOGRAPHY),
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
    )
    return ComprehensiveSR(
        evidence=[film],
        content=report[0],
        series_instance_uid=hd.UID(),
        series_number=series,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number=version,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=description,
    )


def placeholder(film: Dataset | None = None) -> Dataset:
    """The header of nobody's film, as highdicom needs one; with the class and instance of `film`."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = ComputedRadiographyImageStorage, hd.UID()
    if film is not None:
        ds.SOPClassUID, ds.SOPInstanceUID = film.SOPClassUID, film.SOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = hd.UID(), hd.UID(), "CR"
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"):
        setattr(ds, keyword, "")
    ds.AccessionNumber = ds.StudyID = ds.ReferringPhysicianName = ""
    return ds
