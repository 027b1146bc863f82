"""A DICOM age outside the intended use gives a warning."""

import pytest

from cxr_core.inference.intended_use import age_note


@pytest.mark.parametrize(
    ("age", "warned"), [("045Y", True), ("003Y", False), ("005Y", False), ("006M", True), ("", False)]
)
def test_an_age_outside_the_intended_use_gives_a_warning(age: str, warned: bool) -> None:
    assert bool(age_note({"PatientAge": age} if age else {})) == warned
