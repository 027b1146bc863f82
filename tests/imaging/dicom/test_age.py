"""The age of a DICOM header in years."""

import pytest

from cxr_core.imaging.dicom.age import parse_age


@pytest.mark.parametrize(
    ("text", "number", "unit", "years"),
    [
        ("045Y", 45, "years", 45.0),
        ("000Y", 0, "years", 0.0),
        ("030M", 30, "months", 2.5),
        ("052W", 52, "weeks", 0.9966),
        ("012D", 12, "days", 0.0329),
    ],
)
def test_number_unit_and_years(text: str, number: int, unit: str, years: float) -> None:
    age = parse_age(text)
    assert age is not None
    assert (age.number, age.unit) == (number, unit)
    assert age.years == pytest.approx(years, abs=1e-4)


@pytest.mark.parametrize("text", ["", "45Y", "0045Y", "045y", "045", "Y", "045X", " 045Y", "045Y\n", "٠٤٥Y", "nan"])
def test_text_of_another_form_is_no_age(text: str) -> None:
    assert parse_age(text) is None
