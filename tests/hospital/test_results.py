"""Results as DICOM: the report, the picture, the paper; by highdicom's own reader, and by their pixels."""

import io
from datetime import datetime

import numpy as np
import pytest
from highdicom.sr import MeasurementReport, MeasurementsAndQualitativeEvaluations
from pydicom import Dataset, dcmread
from pydicom.pixels import pixel_array

from cxr_core.hospital.answer import Answer
from cxr_core.hospital.checks import MANUFACTURER, is_own_result
from cxr_core.hospital.codes import PRESENCE
from cxr_core.hospital.results import structured_report as reports
from cxr_core.hospital.results.build import result_files
from cxr_core.hospital.results.evidence_image import annotated, evidence_image
from cxr_core.imaging.decode import decode_film
from tests.hospital.conftest import MADE, a_reading, an_answer
from tests.support.hospital.radiographs import IDENTIFIERS, as_bytes, radiograph


def header(**tags: str) -> Dataset:
    film = radiograph(1, **tags)
    del film.PixelData
    return film


def structured_report(film: Dataset, answer: Answer, made: datetime) -> Dataset:
    return dcmread(io.BytesIO(reports.structured_report(film, answer, made)))


def group_of(report: Dataset) -> MeasurementsAndQualitativeEvaluations:
    content = MeasurementReport.from_sequence([report])
    return content.get_image_measurement_groups()[0]


def texts(report: Dataset) -> list[str]:
    return [str(element.value) for element in report.iterall() if element.keyword == "TextValue"]


def test_the_report_states_verdict_numbers_algorithm_and_film() -> None:
    film = header()
    report = structured_report(film, an_answer(), MADE)
    group = group_of(report)
    evaluation = group.get_qualitative_evaluations()[0]
    assert (evaluation.name.value, evaluation.value.value) == ("233604007", "52101004")
    numbers = [(m.name.value, float(m.value), m.unit.value) for m in group.get_measurements()]
    assert numbers == [("122157", 0.81, "1"), ("122157", 0.7, "1"), ("122157", 0.9, "1"), ("122411", 0.31, "1")]
    assert [m.derivation.value if m.derivation else "" for m in group.get_measurements()][1:3] == [
        "255605001",
        "56851009",
    ]
    stated = texts(report)
    assert {"tiny", "0123456789ab", "prevalence=0.2", "operating_point=balanced"} <= set(stated)
    assert [text for text in stated if "clinical use" in text]
    assert "Averaged over the views." in stated
    assert group.source_images[0].referenced_sop_instance_uid == film.SOPInstanceUID
    assert report.StudyInstanceUID == film.StudyInstanceUID
    assert report.SeriesInstanceUID != film.SeriesInstanceUID
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")


@pytest.mark.parametrize("verdict", list(PRESENCE))
def test_every_verdict_has_its_code(verdict: str) -> None:
    changes = {"verdict": verdict}
    if verdict == "not_assessable":
        changes |= {"probability": None, "lowest": None, "highest": None}  # type: ignore[dict-item]
    report = structured_report(header(), an_answer(**changes), MADE)
    group = group_of(report)
    assert group.get_qualitative_evaluations()[0].value.value == PRESENCE[verdict].value  # type: ignore[index]
    assert bool(group.get_measurements()) == (verdict != "not_assessable")


def test_two_reports_of_one_template_share_nothing() -> None:
    first = structured_report(header(), an_answer(), MADE)
    second = structured_report(radiograph(2), an_answer(probability=0.5, reasons=("Other.", "Words.")), MADE)
    assert group_of(first).get_measurements()[0].value == 0.81
    assert group_of(second).get_measurements()[0].value == 0.5
    assert "Other." in texts(second)
    assert "Other." not in texts(first)
    assert first.PatientID != second.PatientID


def results(answer: Answer, **tags: str) -> dict[str, Dataset]:
    film = radiograph(1, **tags)
    decoded = decode_film(as_bytes(film), "key.dcm")
    files = result_files(film, decoded, a_reading(decoded), answer, MADE)
    return {name: dcmread(io.BytesIO(data)) for name, data in files.items()}


def test_results_are_the_same_for_the_same_film_and_name_the_patient_where_the_standard_wants_it() -> None:
    found, again = results(an_answer(), **IDENTIFIERS), results(an_answer(), **IDENTIFIERS)
    other = results(an_answer(version="ba9876543210"))
    for name, ds in found.items():
        assert ds.SOPInstanceUID == again[name].SOPInstanceUID != other[name].SOPInstanceUID
        assert {keyword: str(ds.get(keyword)) for keyword in IDENTIFIERS} == IDENTIFIERS
        assert "Not for clinical use" in ds.SeriesDescription
        assert is_own_result(ds)
        named = {element.keyword for element in ds.iterall() if str(element.value) in IDENTIFIERS.values()}
        assert named == set(IDENTIFIERS)
    assert len({ds.SeriesInstanceUID for ds in found.values()}) == 3
    paper = next(ds for ds in found.values() if ds.Modality == "DOC")
    assert paper.EncapsulatedDocument.startswith(b"%PDF")
    assert not any(value.encode() in paper.EncapsulatedDocument for value in IDENTIFIERS.values())


def test_the_picture_shows_film_heat_and_the_warning_and_is_no_larger_than_it_need_be() -> None:
    pixels = np.full((3000, 2000), 100, np.uint8)
    heat = np.zeros((4, 4), np.float32)
    heat[1, 1] = 1
    picture = annotated(pixels, heat, an_answer())
    assert picture.shape == (1024 + 2 * 34, 683, 3)
    assert np.ptp(picture[40:1000].astype(int), axis=2).max() > 50  # colour where there is heat
    assert picture[:34].max() > 200 < picture[-34:].max()  # words above and below
    assert np.ptp(picture[900:1000].astype(int), axis=2).max() == 0  # grey where there is none
    image = evidence_image(header(), an_answer(), pixels, heat, MADE)
    decoded = pixel_array(image)
    assert abs(decoded.astype(int) - picture).mean() < 3
    assert (image.Manufacturer, image.LossyImageCompression, image.BodyPartExamined) == (MANUFACTURER, "01", "CHEST")
    assert image.SourceImageSequence[0].ReferencedSOPInstanceUID == header().SOPInstanceUID


def test_a_film_of_a_few_pixels_still_gets_a_picture() -> None:
    picture = annotated(np.zeros((64, 8), np.uint8), None, an_answer(verdict="not_assessable", probability=None))
    assert picture.shape[1] >= 64


def test_a_header_without_a_study_allows_no_results() -> None:
    film = header()
    del film.StudyInstanceUID
    with pytest.raises(KeyError):
        structured_report(film, an_answer(), MADE)
