"""Which instances are read, by their header."""

import pytest
from pydicom.uid import CTImageStorage, SecondaryCaptureImageStorage

from cxr_core.hospital.checks import MANUFACTURER, is_own_result, refusal
from tests.support.hospital.radiographs import radiograph


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"ViewPosition": "AP"},
        {"ViewPosition": ""},
        {"BodyPartExamined": ""},
        {"BodyPartExamined": "PORT CHEST"},
        {"Modality": "DX"},
        {"SOPClassUID": SecondaryCaptureImageStorage, "Modality": "OT"},
    ],
)
def test_a_frontal_chest_radiograph_is_read(tags: dict[str, str]) -> None:
    assert refusal(radiograph(**tags)) is None


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"ViewPosition": "LL"}, "view LL"),
        ({"ViewPosition": "SMITHJOHN"}, "another view"),
        ({"BodyPartExamined": "HAND"}, "another body part"),
        ({"Modality": "MG"}, "modality MG"),
        ({"Modality": "SMITHJOHN"}, "another modality"),
        ({"SOPClassUID": CTImageStorage}, "not a radiograph"),
    ],
)
def test_another_instance_is_refused_and_the_reason_repeats_no_free_text(tags: dict[str, str], reason: str) -> None:
    found = refusal(radiograph(**tags))
    assert found is not None
    assert found.startswith(reason)
    assert "SMITH" not in found


def test_a_result_of_this_program_is_known_by_its_manufacturer() -> None:
    assert is_own_result(radiograph(Manufacturer=MANUFACTURER))
    assert not is_own_result(radiograph())
