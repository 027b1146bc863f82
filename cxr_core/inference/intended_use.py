"""Whom a model is for, and what a film's header says against it."""

from cxr_core.imaging.dicom_age import parse_age

YOUNGEST, OLDEST = 1, 5  # years, of the children whose films these models are trained on (Kermany et al. 2018)


def age_note(header: dict[str, str]) -> tuple[str, ...]:
    """A warning if the DICOM age (PS3.5, VR AS: "045Y") is beyond the intended one; nothing without an age."""
    age = parse_age(header.get("PatientAge", ""))
    if age is None or YOUNGEST <= age.years < OLDEST + 1:
        return ()
    return (
        f"The header gives an age of {age.number} {age.unit}: these models are for children of {YOUNGEST} to {OLDEST} "
        "years, and the answer may not hold.",
    )
