"""The ages that models are intended for, and a warning if the DICOM header, or else the film, tells of another."""

from decimal import Decimal

from cxr_core.imaging.dicom.age import ADULT_FROM, CHILD_BELOW, Age, parse_age
from cxr_core.inference.gate.age_group import AgeGroup
from cxr_core.languages import Message, counted, message
from cxr_core.models.card import ModelCard

YOUNGEST, OLDEST = 1, 5  # years, ages in the training films (Kermany et al. 2018)


def age_note(header: dict[str, str], card: ModelCard | None = None, looks: AgeGroup | None = None) -> tuple[str, ...]:
    """A warning if the DICOM age (PS3.5, VR AS: "045Y") is outside the intended use, or without it what the film shows.

    card: of the model, with the ages of its training films. Without them they are those of Kermany et al. 2018, and
    the look of a film gives no warning. looks: the age group that the gate tells.
    """
    age = parse_age(header.get("PatientAge", ""))
    known = card.population_years if card else None
    youngest, oldest = known or (YOUNGEST, OLDEST)
    years = {"youngest": Decimal(f"{youngest:g}"), "oldest": Decimal(f"{oldest:g}")}
    if age is None:
        return _look_note(looks, youngest, oldest, years) if known else ()
    if youngest <= age.years < oldest + 1:
        return ()
    about = {"age": _in_words(age), **years}
    if oldest < ADULT_FROM:
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


def _look_note(looks: AgeGroup | None, youngest: float, oldest: float, years: dict[str, Decimal]) -> tuple[str, ...]:
    if looks == "adult" and oldest < ADULT_FROM:
        return (
            message(
                "This looks like the film of an adult. These models are intended for children of {youngest} to "
                "{oldest} years; the result may not be valid.",
                **years,
            ),
        )
    if looks == "child" and youngest >= CHILD_BELOW:
        return (
            message(
                "This looks like the film of a child. These models are intended for patients of {youngest} to {oldest} "
                "years; the result may not be valid.",
                **years,
            ),
        )
    return ()


def _in_words(age: Age) -> Message:
    if age.unit == "days":
        return counted("{count} day", "{count} days", age.number)
    if age.unit == "weeks":
        return counted("{count} week", "{count} weeks", age.number)
    if age.unit == "months":
        return counted("{count} month", "{count} months", age.number)
    return counted("{count} year", "{count} years", age.number)
