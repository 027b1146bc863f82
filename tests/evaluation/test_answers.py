"""What a user sees of evaluated films, as shares and as a sentence."""

import pandas as pd
import pytest

from cxr_core.evaluation.answers import Answers, answer_estimates, answers_in_words
from cxr_core.records import Fields


def films(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "verdict"])


def test_shares_of_all_films_and_of_the_answers_given() -> None:
    answers = answer_estimates(
        films(
            ("PNEUMONIA", "pneumonia"),
            ("PNEUMONIA", "normal"),
            ("NORMAL", "normal"),
            ("NORMAL", "normal"),
            ("NORMAL", "uncertain"),
            ("NORMAL", "not_assessable"),
            ("PNEUMONIA", "uncertain"),
            ("PNEUMONIA", "uncertain"),
        )
    )
    values = {name: one["value"] for name, one in answers.to_dict().items() if name != "films"}
    expected = {"refused": 1 / 8, "uncertain": 3 / 8, "answered": 4 / 8}
    assert values == pytest.approx(expected | {"right": 3 / 4, "pneumonia_right": 1.0, "normal_right": 2 / 3})
    sentence = answers_in_words(answers)
    assert "8 films: 1 refused, 3 uncertain; of the 4 answers given, 75.0% are right (" in sentence


def test_without_an_answer_there_is_no_share_of_right_ones() -> None:
    answers = answer_estimates(films(("NORMAL", "uncertain")))
    assert answers.right.value is None
    assert Answers.of(Fields(answers.to_dict())) == answers
    assert "no answer was given" in answers_in_words(answers)
