"""The ages that models are intended for, and a warning if the DICOM header gives another."""

from cxr_core.imaging.dicom.age import parse_age

YOUNGEST, OLDEST = 1, 5  # years, ages in the training films (Kermany et al. 2018)


def age_note(header: dict[str, str]) -> tuple[str, ...]:
    """A warning if the DICOM age (PS3.5, VR AS: "045Y") is outside the intended use; empty without an age."""
    age = parse_age(header.get("PatientAge", ""))
    if age is None or YOUNGEST <= age.years < OLDEST + 1:
        return ()
    return (
        f"The DICOM header gives an age of {age.number} {age.unit}. These models are intended for children "
        f"of {YOUNGEST} to {OLDEST} years; the result may not be valid.",
    )
