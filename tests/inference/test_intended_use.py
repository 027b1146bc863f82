"""A DICOM age outside the intended use gives a warning; without one, the look of the film does."""

from pathlib import Path

import pytest

from cxr_core.inference.gate.age_group import AgeGroup
from cxr_core.inference.intended_use import age_note
from cxr_core.models.card import ModelCard
from cxr_core.models.registry import find_model


@pytest.mark.parametrize(
    ("age", "warned"), [("045Y", True), ("003Y", False), ("005Y", False), ("006M", True), ("", False)]
)
def test_an_age_outside_the_intended_use_gives_a_warning(age: str, warned: bool) -> None:
    assert bool(age_note({"PatientAge": age} if age else {})) == warned


def _card(years: list[int] | None) -> ModelCard:
    return find_model("tiny").described(population={"years": years} if years else None).card


@pytest.mark.parametrize(
    ("years", "looks", "warning"),
    [
        ([1, 5], "adult", "looks like the film of an adult"),
        ([1, 5], "child", ""),
        ([1, 92], "adult", ""),
        ([20, 92], "child", "looks like the film of a child"),
        ([20, 92], None, ""),
        (None, "adult", ""),
    ],
)
def test_the_look_of_a_film_counts_where_the_population_excludes_it(
    tiny_home: Path, years: list[int] | None, looks: AgeGroup | None, warning: str
) -> None:
    notes = age_note({}, _card(years), looks)
    assert len(notes) == bool(warning)
    assert all(warning in note for note in notes)


def test_a_known_age_counts_more_than_the_look(tiny_home: Path) -> None:
    assert age_note({"PatientAge": "004Y"}, _card([1, 5]), "adult") == ()
