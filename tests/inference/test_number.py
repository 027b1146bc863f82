"""The number in digits, words and as a frequency."""

import pytest

from cxr_core.inference.number import frequency_sentence, number_in_words, number_text, of_100, result_sentence
from cxr_core.labels import Verdict


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "< 1%"),
        (0.01, "1%"),
        (0.196, "20%"),
        (0.2, "20%"),
        (0.2000001, "20.1%"),
        (0.204, "20.4%"),
        (0.4951, "49.5%"),
        (0.4999999, "49.9%"),
        (0.5, "50%"),
        (0.991, "> 99%"),
        (1.0, "> 99%"),
    ],
)
def test_the_number_is_never_a_certainty_and_never_rounded_across_a_limit(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("number", "verdict", "text"),
    [
        (0.95, "pneumonia", "Consistent with pneumonia"),
        (0.9, "pneumonia", "Probable pneumonia"),
        (0.5, "pneumonia", "Possible pneumonia"),
        (0.95, "uncertain", "No clear answer"),
        (0.2, "normal", "Pneumonia less likely"),
        (0.05, "normal", "Pneumonia unlikely"),
    ],
)
def test_the_number_in_words(number: float, verdict: Verdict, text: str) -> None:
    assert number_in_words(number, verdict) == text


def test_the_sentences_state_the_prevalence() -> None:
    assert str(of_100(0.025)) == "2.5"
    assert result_sentence(0.31, 0.2, "uncertain") == (
        "No clear answer: probability of pneumonia 31%, where 20 of 100 patients have it."
    )
    assert frequency_sentence(0.001, 0.2) == (
        "Where 20 of 100 patients have pneumonia, fewer than 1 of 100 with a film like this one have it."
    )
