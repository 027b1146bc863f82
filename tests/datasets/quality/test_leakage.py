"""Films of the same patient are counted, and so are those that a split leaks."""

import pandas as pd
import pytest

from cxr_core.datasets.quality.leakage import patient_leakage, random_split_leakage, same_patient_counts
from cxr_core.datasets.split import grouped_split
from tests.support.synthetic_films import index_once


def test_films_of_the_same_patient_are_counted():
    found = same_patient_counts(pd.Series(["a", "a", "b", "", ""]))
    assert (found["films"], found["patients"], found["films_with_sibling"]) == (5, 4, 2)
    assert found["share_with_sibling"] == pytest.approx(0.4)
    assert same_patient_counts(pd.Series([], dtype=str))["share_with_sibling"] == 0


def test_the_leakage_of_a_random_split_agrees_with_arithmetic():
    pairs = pd.Series(
        [f"p{i // 2}" for i in range(4000)]
    )  # each film has one other of its patient, which is in training with probability 0.7
    found = random_split_leakage(pairs)
    assert found["mean"] == pytest.approx(0.7, abs=0.01)
    assert found["low"] < found["mean"] < found["high"]
    assert random_split_leakage(pd.Series([str(i) for i in range(50)]))["mean"] == 0
    assert random_split_leakage(pd.Series([], dtype=str))["draws"] == 0


def test_the_leakage_of_the_real_films(real_films):
    films = index_once(real_films / "chest_xray").films
    assert 0.35 < random_split_leakage(films["series"])["mean"] < 0.41
    assert 0.59 < random_split_leakage(films["patient"])["mean"] < 0.66
    assert patient_leakage(films["series"], grouped_split(films)) == 0
    assert patient_leakage(films["patient"], grouped_split(films)) == 0
