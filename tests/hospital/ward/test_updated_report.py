"""A reader's decision as a Structured Report that references the one before it."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.results.structured_report import structured_report
from cxr_core.hospital.results.updated_report import updated_report
from tests.hospital.conftest import MADE, an_answer
from tests.support.hospital.radiographs import radiograph


def report(number: int = 1, own: Any = "normal", **tags: Any) -> Dataset:
    source = radiograph(7, **tags)
    data = updated_report(source, "0123456789ab", number, own, "pneumonia", "Dr. Ann^Ng", "Compared.", MADE)
    return dcmread(io.BytesIO(data))


def predecessor(ds: Dataset) -> str:
    series = ds.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    return str(series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)


def test_the_first_decision_references_the_model_s_report_and_the_next_the_first() -> None:
    model = dcmread(io.BytesIO(structured_report(radiograph(7), an_answer(), datetime.now(UTC))))
    first, second = report(1), report(2)
    assert predecessor(first) == model.SOPInstanceUID
    assert predecessor(second) == first.SOPInstanceUID
    assert len({str(ds.SOPInstanceUID) for ds in (model, first, second)}) == 3
    assert report(1).SOPInstanceUID == first.SOPInstanceUID  # sent again it is the same
    assert first.SOPInstanceUID == result_uid(radiograph(7).SOPInstanceUID, "0123456789ab", "decision 1")


def test_it_states_the_reader_s_word_the_model_s_and_who() -> None:
    ds = report(own="normal", PatientName="Größe^Jürgen", SpecificCharacterSet="ISO_IR 192")
    texts = [str(element.value) for element in ds.iterall() if element.keyword == "TextValue"]
    assert any("Reader's word: Normal. It corrects the model's: Pneumonia." in text for text in texts)
    assert "Compared." in texts
    assert any("Not for clinical use" in text for text in texts)
    assert "2667000" in [str(element.value) for element in ds.iterall() if element.keyword == "CodeValue"]  # absent
    assert [str(e.value) for e in ds.iterall() if e.keyword == "PersonName"] == ["Dr. Ann Ng^"]
    assert (ds.PatientName, ds.VerificationFlag, ds.Modality) == ("Größe^Jürgen", "UNVERIFIED", "SR")
    assert ds.StudyInstanceUID == radiograph(7).StudyInstanceUID
    agreeing = report(own="pneumonia")
    assert any("agrees with" in str(e.value) for e in agreeing.iterall() if e.keyword == "TextValue")


def test_a_film_without_a_study_allows_none() -> None:
    source = radiograph(7)
    del source.StudyInstanceUID
    with pytest.raises(KeyError):
        updated_report(source, "v", 1, "normal", "normal", "", "", MADE)
