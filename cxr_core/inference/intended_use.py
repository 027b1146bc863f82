"""Whom a model is for, and what a film's header says against it."""

import re

YOUNGEST, OLDEST = 1, 5  # years, of the children whose films these models are trained on (Kermany et al. 2018)
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
_UNITS = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}


def age_note(header: dict[str, str]) -> tuple[str, ...]:
    """A warning if the DICOM age (PS3.5, VR AS: "045Y") is beyond the intended one; nothing without an age."""
    told = re.fullmatch(r"(\d{3})([DWMY])", header.get("PatientAge", ""))
    if not told:
        return ()
    number, unit = int(told[1]), told[2]
    if YOUNGEST <= number * _YEARS[unit] < OLDEST + 1:
        return ()
    return (
        f"The header gives an age of {number} {_UNITS[unit]}: these models are for children of {YOUNGEST} to {OLDEST} "
        "years, and the answer may not hold.",
    )
