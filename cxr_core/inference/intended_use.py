"""The ages that models are intended for, and a warning if the DICOM header gives another."""

from decimal import Decimal

from cxr_core.imaging.dicom.age import Age, parse_age
from cxr_core.languages import Message, counted, message
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
    about = {"age": _in_words(age), "youngest": Decimal(f"{youngest:g}"), "oldest": Decimal(f"{oldest:g}")}
    if oldest < ADULT:
        return (
            message(
                "The DICOM header gives an age of {age}. These models are intended for children of {youngest} "
                "to {oldest} "
                "years; the result may not be valid.",
                **about,
            ),
        )
    return (
        message(
            "The DICOM header gives an age of {age}. These models are intended for patients of {youngest} to {oldest} "
            "years; the result may not be valid.",
            **about,
        ),
    )


def _in_words(age: Age) -> Message:
    if age.unit == "days":
        return counted("{count} day", "{count} days", age.number)
    if age.unit == "weeks":
        return counted("{count} week", "{count} weeks", age.number)
    if age.unit == "months":
        return counted("{count} month", "{count} months", age.number)
    return counted("{count} year", "{count} years", age.number)
