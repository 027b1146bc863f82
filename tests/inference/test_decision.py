"""A prediction becomes a reading by the model's rules and the user's choice."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.errors import SettingsError
from cxr_core.inference.decision import Choice, Rules, decide, fitted_prevalence
from cxr_core.inference.gate.pixel_checks import Refusal
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.models.card_sections import SplitPart
from cxr_core.models.registry import find_model

RULES = Rules(
    thresholds={"rule_out": 0.2, "balanced": 0.5, "rule_in": 0.8},
    limits={0.02: ConformalLimits(0.3, 0.7), 0.1: ConformalLimits(0.6, 0.4)},
    max_spread=0.25,
    default=Choice("balanced", 0.1),
)


def prediction(*views: float, **fields: object) -> Prediction:
    return Prediction("a.png", "0" * 64, probability=views[0], view_probabilities=np.array(views), **fields)  # type: ignore[arg-type]


def read(prediction: Prediction, point: str | None = None, rate: float | None = None) -> Reading:
    return decide(prediction, RULES, Choice(point, rate), "m", "v")


@pytest.mark.parametrize(
    ("probability", "point", "rate", "expected"),
    [
        (0.9, None, None, "pneumonia"),
        (0.1, None, None, "normal"),
        (0.65, None, 0.02, "uncertain"),  # both classes are possible
        (0.85, None, 0.1, "pneumonia"),
        (0.65, "rule_in", 0.1, "uncertain"),  # only pneumonia is possible, but the operating point gives normal
        (0.3, "rule_out", 0.1, "uncertain"),
        (0.5, "balanced", 0.1, "uncertain"),  # neither is possible: no answer
        (0.9, "rule_in", 0.02, "pneumonia"),
    ],
)
def test_the_choice_decides(probability: float, point: str | None, rate: float | None, expected: str) -> None:
    assert read(prediction(probability, probability), point, rate).verdict == expected


@pytest.mark.parametrize(("probability", "expected"), [(0.85, "uncertain"), (0.86, "pneumonia"), (0.1, "normal")])
def test_a_film_that_may_as_well_show_another_disease_is_uncertain(probability: float, expected: str) -> None:
    rules = replace(RULES, other_to=0.85)
    reading = decide(prediction(probability, probability), rules, Choice(), "m", "v")
    assert reading.verdict == expected
    assert any("another disease" in str(reason) for reason in reading.reasons) == (expected == "uncertain")
    assert rules.answered(Choice())[1] == pytest.approx(rules.number(0.85, Choice()))


@pytest.mark.parametrize(
    ("probability", "point", "limits", "fitted", "prevalence", "words"),
    [
        (0.9, None, (0.6, 0.4), 0.5, 0.2, "Probable pneumonia: probability of pneumonia 69%, where 20"),
        (0.7, "rule_in", (0.75, 0.72), 0.8, 0.2, "Pneumonia less likely: probability of pneumonia 13%, where 20"),
        (0.3, "rule_out", (0.1, 0.05), 0.5, 0.8, "Probable pneumonia: probability of pneumonia 63%, where 80"),
        (0.3, None, (0.6, 0.4), 0.8, 0.2, "Pneumonia unlikely: probability of pneumonia 3%, where 20"),
    ],
)
def test_the_wording_never_contradicts_the_verdict(
    probability: float, point: str | None, limits: tuple[float, float], fitted: float, prevalence: float, words: str
) -> None:
    rules = replace(RULES, limits={0.1: ConformalLimits(*limits)}, fitted_prevalence=fitted)
    reading = decide(prediction(probability, probability), rules, Choice(point, None, prevalence), "m", "v")
    assert reading.verdict != "uncertain"
    assert reading.reasons[0] == f"{words} of 100 patients have it."


@pytest.mark.parametrize(
    ("probability", "prevalence", "here", "expected"),
    [
        (0.8, 0.2, 0.5, "pneumonia"),  # a likelihood ratio of 4 makes 1 to 4 even
        (0.79, 0.2, 0.485, "uncertain"),
        (0.79, 0.5, 0.79, "pneumonia"),
        (0.3, 0.2, 0.097, "normal"),
        (0.3, 0.5, 0.3, "uncertain"),
    ],
)
def test_the_number_at_the_stated_prevalence_must_carry_the_answer(
    probability: float, prevalence: float, here: float, expected: str
) -> None:
    reading = decide(prediction(probability, probability), RULES, Choice(prevalence=prevalence), "m", "v")
    assert reading.verdict == expected
    assert reading.probability_here == pytest.approx(here, abs=1e-3)
    assert f"where {100 * prevalence:g} of 100 patients have it" in reading.reasons[0]


def test_the_first_rule_that_failed_is_the_reason() -> None:
    reading = read(prediction(0.5, 0.1, 0.9))  # neither class, unstable, and too few: the first is told
    assert len(reading.reasons) == 2
    assert "unlike both classes" in reading.reasons[1]


@pytest.mark.parametrize("prevalence", [0.0, 0.01, 0.81, 1.0, float("nan")])
def test_a_prevalence_beyond_what_can_be_stated_is_refused(prevalence: float) -> None:
    with pytest.raises(SettingsError, match=r"0\.02 to 0\.8"):
        decide(prediction(0.9, 0.9), RULES, Choice(prevalence=prevalence), "m", "v")


def test_the_fitted_prevalence_is_the_cards_or_that_of_its_validation_films() -> None:
    card = replace(find_model().card, calibrated_at=None)
    validation = SplitPart(films=4, patients=4, classes={"NORMAL": 1, "PNEUMONIA": 3}, kinds={})
    of_films = replace(card, training=replace(card.training, split={"val": validation}))
    assert fitted_prevalence(of_films) == 0.75
    assert fitted_prevalence(replace(of_films, calibrated_at=0.6)) == 0.6
    assert fitted_prevalence(replace(card, training=replace(card.training, split={}))) == 0.5


def test_an_unstable_answer_is_uncertain_and_gives_its_range() -> None:
    reading = read(prediction(0.9, 0.4, 0.95))
    assert reading.verdict == "uncertain"
    assert "from 14% to 83% when the film is shifted slightly." in " ".join(reading.reasons)
    assert reading.probability == 0.9


def test_the_mirror_image_is_mentioned_if_it_is_one_of_the_views() -> None:
    reading = decide(prediction(0.9, 0.4, 0.95, 0.9), replace(RULES, mirror=True), Choice(), "m", "v")
    assert "when the film is mirrored or shifted slightly." in " ".join(reading.reasons)


@pytest.mark.parametrize("views", [(0.9, 0.5, 0.95), (0.85, 0.9)])
def test_an_answer_that_is_stable_or_varies_a_little_is_given(views: tuple[float, ...]) -> None:
    assert read(prediction(*views)).verdict == "pneumonia"


def test_no_probability_is_given_as_a_certainty() -> None:
    assert "probability of pneumonia > 99%," in read(prediction(0.9999, 0.9999)).reasons[0]
    assert "probability of pneumonia < 1%" in read(prediction(0.0001, 0.0001)).reasons[0]


def test_a_refused_film_names_its_check_and_has_no_number() -> None:
    reading = read(Prediction("a.png", "0" * 64, Refusal("cut", "It is cropped."), ("It was inverted.",)))
    assert (reading.verdict, reading.check, reading.probability, reading.heatmap) == (
        "not_assessable",
        "cut",
        None,
        None,
    )
    assert reading.reasons == ("It is cropped.", "It was inverted.")
    assert reading.to_dict()["probability"] is None


def test_the_document_keeps_the_contracts_keys() -> None:
    document = read(prediction(0.9, 0.9, notes=("Noted.",), seconds=0.1)).to_dict()
    keys = {"file", "sha256", "verdict", "probability", "threshold", "reasons", "heatmap", "model", "seconds"}
    keys |= {"prevalence", "probability_here"}
    assert set(document) == keys
    assert document["model"] == {"name": "m", "version": "v"}
    assert document["reasons"][-1] == "Noted."


def test_an_unknown_choice_is_refused_with_what_is_accepted() -> None:
    with pytest.raises(SettingsError, match="rule_out, balanced, rule_in"):
        read(prediction(0.9), "youden")
    with pytest.raises(SettingsError, match=r"0\.02, 0\.1"):
        read(prediction(0.9), None, 0.05)


def test_only_settings_that_change_an_answer_are_offered() -> None:
    same = replace(RULES, thresholds={"rule_out": 0.5, "balanced": 0.5, "rule_in": 0.8})
    assert same.points_that_differ(Choice(prevalence=0.1)) == ["balanced"]  # pneumonia needs 90% there, whatever else
    assert same.points_that_differ(Choice(prevalence=0.5)) == ["balanced", "rule_in"]
    assert RULES.rates_that_differ(Choice()) == [0.02, 0.1]
    alike = replace(RULES, limits={0.05: ConformalLimits(0.6, 0.4), 0.1: ConformalLimits(0.6, 0.4)})
    assert alike.rates_that_differ(Choice()) == [0.1]


def test_between_the_numbers_of_an_answer_a_film_is_uncertain() -> None:
    choice = Choice(prevalence=0.5)
    assert RULES.answered(choice) == pytest.approx((0.2, 0.6))
    for probability, verdict in ((0.19, "normal"), (0.21, "uncertain"), (0.59, "uncertain"), (0.61, "pneumonia")):
        assert decide(prediction(probability, probability), RULES, choice, "m", "v").verdict == verdict
