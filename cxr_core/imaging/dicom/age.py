"""The age of a DICOM header: PS3.5, value representation AS, three digits and a unit, "045Y"; and the age groups."""

import re
from typing import NamedTuple

CHILD_BELOW, ADULT_FROM = 13, 18  # years; films of those between look like either
_UNITS = {"D": ("days", 365.25), "W": ("weeks", 365.25 / 7), "M": ("months", 12.0), "Y": ("years", 1.0)}


class Age(NamedTuple):
    """An age as the header gives it: `number` of `unit` ("days", "weeks", "months" or "years"), and in years."""

    number: int
    unit: str
    years: float


def parse_age(text: str) -> Age | None:
    """The age in `text`, such as "045Y" or "030M"; None where it is not of this form."""
    match = re.fullmatch(r"([0-9]{3})([DWMY])", text)
    if not match:
        return None
    unit, per_year = _UNITS[match[2]]
    return Age(int(match[1]), unit, int(match[1]) / per_year)
