"""Which header fields are kept, and that none identifies a patient."""

import re

import pytest

from tests.support.files.dicom_files import film_of


def test_the_header_holds_technical_fields_and_nothing_that_identifies() -> None:
    film = film_of(
        PatientName="Secret^Name", PatientID="SECRET-1", PatientBirthDate="19300101", InstitutionName="Secret Hospital",
        StudyDate="20200101", SeriesDescription="Secret", AccessionNumber="SECRET-2", OperatorsName="Secret",
        PatientAge="093Y", PatientSex="F", ViewPosition="PA", BodyPartExamined="CHEST", Manufacturer="ACME\x01X",
        ManufacturerModelName="Model 5", ImagerPixelSpacing=["0.143", "0.143"], StationName="SECRET",
    )  # fmt: skip
    header = film.source.header
    assert header == {
        "TransferSyntax": "Explicit VR Little Endian",
        "Modality": "DX",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PhotometricInterpretation": "MONOCHROME2",
        "PatientSex": "F",
        "PatientAge": "090Y",  # people above 89 are few enough to be found
        "ImagerPixelSpacing": "0.143\\0.143",
        "ManufacturerModelName": "Model 5",
    }
    assert not re.search("secret|1930|2020", repr(film.source), re.IGNORECASE)


@pytest.mark.parametrize(("age", "kept"), [("034Y", "034Y"), ("090Y", "090Y"), ("101Y", "090Y"), ("006M", "006M")])
def test_ages_are_kept_up_to_ninety(age: str, kept: str) -> None:
    assert film_of(PatientAge=age).source.header["PatientAge"] == kept
