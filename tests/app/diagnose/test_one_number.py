"""Verdict, number, words, frequency sentence and colour never contradict each other, whatever the settings."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cxr_core.app.diagnose.language import speaking
from cxr_core.app.diagnose.verdict import banner, stability_in_words
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.number import frequency_sentence
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.languages import ENGLISH
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.models.registry import list_models

WORDS = {
    "pneumonia": {"Possible pneumonia", "Probable pneumonia", "Consistent with pneumonia"},
    "normal": {"Pneumonia less likely", "Pneumonia unlikely"},
    "uncertain": {"No clear answer"},
}
MADE = Rules(
    thresholds={"rule_out": 0.2, "balanced": 0.5, "rule_in": 0.8},
    limits={0.05: ConformalLimits(0.3, 0.7), 0.1: ConformalLimits(0.6, 0.4), 0.2: ConformalLimits(0.5, 0.5)},
    max_spread=0.25,
    default=Choice("balanced", 0.1),
    fitted_prevalence=0.6,
)
PREDICTIONS = 10_000


def predictions(rules: Rules) -> list[Prediction]:
    """Probabilities over the whole range, a third of them at and beside the limits of the rules; varying views."""
    draw = np.random.default_rng(0)
    limits = [*rules.thresholds.values(), *(end for one in rules.limits.values() for end in vars(one).values())]
    ends = np.nextafter(draw.choice(limits, PREDICTIONS // 3), draw.choice([0.0, 0.5, 1.0], PREDICTIONS // 3))
    logits = draw.normal(0, 4, PREDICTIONS - len(ends))
    found = np.concatenate([ends.clip(0, 1), 1 / (1 + np.exp(-logits))])
    views = (found[:, None] + draw.choice([0, 0.02, 0.4], (len(found), 1)) * draw.normal(size=(len(found), 3))).clip(
        0, 1
    )
    return [
        Prediction("a", "0" * 64, probability=float(one), view_probabilities=np.array([one, *others]))
        for one, others in zip(found, views, strict=True)
    ]


def check(reading: Reading, rules: Rules, choice: Choice) -> None:
    number, prevalence = reading.probability_here, reading.prevalence
    assert number is not None
    assert prevalence == choice.prevalence
    shown = banner(reading, (), ())
    colour, words, digits, count = re.findall(
        r'class="verdict (\w+)".*class="words">([^<]*)<.*class="number">([^<]*)<.*where ([\d.]+) of 100', shown
    )[0]
    digits = digits.replace("&lt;", "<").replace("&gt;", ">")
    printed = float(digits.strip("<>% "))
    assert colour == reading.verdict
    assert words in WORDS[reading.verdict]
    assert float(count) == pytest.approx(100 * prevalence)
    assert reading.reasons[0] == f"{words}: probability of pneumonia {digits}, where {count} of 100 patients have it."
    frequency = frequency_sentence(number, prevalence)
    assert frequency.startswith(f"Where {count} of 100 patients have pneumonia, ")
    assert re.findall(r", (?:fewer than |more than )?([\d.]+) of 100", frequency) == [digits.strip("<>% ")]
    normal_to, pneumonia_from = rules.answered(choice)
    assert (printed >= 50) == (number >= 0.5)
    assert (printed <= 20) == (number <= 0.2)
    if reading.verdict == "pneumonia":
        assert number >= max(0.5, pneumonia_from - 1e-9)
    elif reading.verdict == "normal":
        assert number <= min(0.2, normal_to + 1e-9)
    else:
        assert len(reading.reasons) == 2


@pytest.mark.parametrize("rules", [MADE, *(Rules.of(model.card) for model in list_models())])
def test_what_is_shown_of_a_film_never_contradicts_itself(rules: Rules) -> None:
    choices = [(point, rate) for point in rules.thresholds for rate in rules.limits]
    prevalences = np.linspace(2, 80, 79) / 100
    for number, prediction in enumerate(predictions(rules)):
        point, rate = choices[number % len(choices)]
        choice = Choice(point, rate, float(prevalences[number // len(choices) % len(prevalences)]))
        with speaking(ENGLISH):  # as a page's run does, which asks the session once
            check(decide(prediction, rules, choice, "m", "v"), rules, choice)


@pytest.mark.parametrize(
    ("mirror", "views", "expected"),
    [
        (True, [0.5, 0.4, 0.3, 0.5], "When the film is mirrored or shifted slightly, the probability ranges from 13%"),
        (True, [0.5] * 4, "When the film is mirrored or shifted slightly, the probability stays at 25%"),
        (True, [0.5, 0.4], "When the film is mirrored, the probability ranges from 18% to 25%"),
        (True, [0.5, 0.5], "When the film is mirrored, the probability stays at 25%"),
        (False, [0.5, 0.5, 0.4], "When the film is shifted slightly, the probability ranges from 18% to 25%"),
        (False, [0.5] * 3, "When the film is shifted slightly, the probability stays at 25%"),
        (False, [0.5], ""),
        (True, None, ""),
    ],
)
def test_the_views_that_were_computed_are_named(mirror: bool, views: list[float] | None, expected: str) -> None:
    found = None if views is None else np.array(views)
    film = Prediction("a", "0" * 64, probability=0.5, view_probabilities=found)
    rules = replace(MADE, mirror=mirror, fitted_prevalence=0.5)
    choice = Choice(prevalence=0.25)
    said = stability_in_words(decide(film, rules, choice, "m", "v"), rules, choice)
    assert said.startswith(expected)
    assert bool(said) is bool(expected)
