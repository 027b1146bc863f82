"""The ages that models are intended for, and a warning if the DICOM header gives another."""

from cxr_core.imaging.dicom.age import parse_age
from cxr_core.models.card import ModelCard

YOUNGEST, OLDEST = 1, 5  # years, ages in the training films (Kermany et al. 2018)
ADULT = 18


def age_note(header: dict[str, str], card: ModelCard | None = None) -> tuple[str, ...]:
    """A warning if the DICOM age (PS3.5, VR AS: "045Y") is outside the intended use; empty without an age.

    card: of the model, with the ages of its training films. Without them they are those of Kermany et al. 2018.
    """
    age = parse_age(header.get("PatientAge", ""))
    youngest, oldest = (card.population_years if card else None) or (YOUNGEST, OLDEST)
    if age is None or youngest <= age.years < oldest + 1:
        return ()
    whom = "children" if oldest < ADULT else "patients"
    return (
        f"The DICOM header gives an age of {age.number} {age.unit}. These models are intended for {whom} "
        f"of {youngest:g} to {oldest:g} years; the result may not be valid.",
    )
