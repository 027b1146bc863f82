"""Prediction become a verdict by rules and a choice, and nothing is read again."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.errors import SettingsError
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.gate.pixel_checks import Refusal
from cxr_core.inference.intended_use import age_note
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import heat_in_words
from cxr_core.metrics.conformal import Limits

RULES = Rules(
    thresholds={"rule_out": 0.2, "balanced": 0.5, "rule_in": 0.8},
    limits={0.02: Limits(0.3, 0.7), 0.1: Limits(0.6, 0.4)},
    max_spread=0.25,
    default=Choice("balanced", 0.1),
)


def found(*views: float, **more) -> Prediction:
    return Prediction("a.png", "0" * 64, probability=views[0], views=np.array(views), **more)


def verdict(findings: Prediction, point: str | None = None, rate: float | None = None):
    return decide(findings, RULES, Choice(point, rate), "m", "v")


@pytest.mark.parametrize(
    ("probability", "point", "rate", "expected"),
    [
        (0.9, None, None, "pneumonia"),
        (0.1, None, None, "normal"),
        (0.65, None, 0.02, "uncertain"),  # both classes stay possible
        (0.65, None, 0.1, "pneumonia"),
        (0.65, "rule_in", 0.1, "uncertain"),  # only pneumonia stays possible, but the point calls it normal
        (0.3, "rule_out", 0.1, "uncertain"),
        (0.5, "balanced", 0.1, "pneumonia"),  # neither stays possible: the threshold decides
        (0.9, "rule_in", 0.02, "pneumonia"),
    ],
)
def test_the_choice_decides(probability: float, point: str | None, rate: float | None, expected: str) -> None:
    assert verdict(found(probability, probability), point, rate).verdict == expected


@pytest.mark.parametrize(
    ("probability", "point", "words"),
    [
        (0.7, None, "Probable pneumonia: probability 70%, threshold 50%."),
        (0.7, "rule_in", "Below the threshold: probability 70%, threshold 80%."),
        (0.3, "rule_out", "Not below the threshold: probability 30%, threshold 20%."),
        (0.3, None, "Pneumonia less likely: probability 30%, threshold 50%."),
    ],
)
def test_words_never_speak_against_the_verdict(probability: float, point: str | None, words: str) -> None:
    rules = replace(RULES, limits={0.1: Limits(0.99, 0.01)})  # the operating point alone decides
    assert decide(found(probability, probability), rules, Choice(point), "m", "v").reasons[0] == words


def test_an_answer_that_turns_widely_is_uncertain_and_says_from_where_to_where() -> None:
    reading = verdict(found(0.9, 0.4, 0.95))
    assert reading.verdict == "uncertain"
    assert "from 40% to 95% when the film is moved a little." in " ".join(reading.reasons)
    assert reading.probability == 0.9


def test_the_mirror_image_is_named_where_it_was_asked_about() -> None:
    reading = decide(found(0.9, 0.4, 0.95, 0.9), replace(RULES, mirror=True), Choice(), "m", "v")
    assert "when the film is mirrored or moved a little." in " ".join(reading.reasons)


@pytest.mark.parametrize("views", [(0.9, 0.5, 0.95), (0.6, 0.4)])
def test_an_answer_that_stays_or_turns_by_a_little_is_given(views: tuple[float, ...]) -> None:
    assert verdict(found(*views)).verdict == "pneumonia"


def test_no_probability_is_told_as_a_certainty() -> None:
    assert "probability > 99%, threshold 50%." in verdict(found(0.9999, 0.9999)).reasons[0]
    assert "probability < 1%" in verdict(found(0.0001, 0.0001)).reasons[0]


def test_a_refused_film_names_its_check_and_has_no_number() -> None:
    reading = verdict(Prediction("a.png", "0" * 64, Refusal("cut", "It is cut."), ("It was turned.",)))
    assert (reading.verdict, reading.check, reading.probability, reading.heatmap) == (
        "not_assessable",
        "cut",
        None,
        None,
    )
    assert reading.reasons == ("It is cut.", "It was turned.")
    assert reading.to_dict()["probability"] is None


def test_the_document_keeps_the_contracts_keys() -> None:
    document = verdict(found(0.9, 0.9, notes=("Noted.",), seconds=0.1)).to_dict()
    keys = {"file", "sha256", "verdict", "probability", "threshold", "reasons", "heatmap", "model", "seconds"}
    assert set(document) == keys
    assert document["model"] == {"name": "m", "version": "v"}
    assert document["reasons"][-1] == "Noted."


def test_an_unknown_choice_is_refused_with_what_is_accepted() -> None:
    with pytest.raises(SettingsError, match="rule_out, balanced, rule_in"):
        verdict(found(0.9), "youden")
    with pytest.raises(SettingsError, match=r"0\.02, 0\.1"):
        verdict(found(0.9), None, 0.05)


@pytest.mark.parametrize(
    ("age", "warned"), [("045Y", True), ("003Y", False), ("005Y", False), ("006M", True), ("", False)]
)
def test_an_age_beyond_the_intended_use_is_told(age: str, warned: bool) -> None:
    assert bool(age_note({"PatientAge": age} if age else {})) == warned


@pytest.mark.parametrize(
    ("peak", "in_lungs", "said"),
    [
        (1.0, 0.8, "80% of the heat lies inside the lungs"),
        (1.0, 0.17, "most of the heat, 83%, lies outside the lungs"),
        (0.1, 0.0, "Hardly any heat"),
        (0.0, None, "Hardly any heat"),
    ],
)
def test_the_heat_is_told_in_words(peak: float, in_lungs: float | None, said: str) -> None:
    heatmap = np.full((4, 4), peak, np.float32)
    found = Prediction("a.png", "0" * 64, heatmap=heatmap, heat_in_lungs=in_lungs)
    reading = Reading("a.png", "0" * 64, "normal", 0.1, 0.5, (), heatmap, "model", "0", 0.1, findings=found)
    words = heat_in_words(reading)
    assert said in words
    assert ("no proof" in words) == (peak == 1)
    assert heat_in_words(replace(reading, heatmap=None)) == ""
