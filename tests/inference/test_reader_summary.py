"""What own readings show: agreement, times to decision, who was right, and what the model's answer changed."""

from statistics import median

import numpy as np
import pytest

from cxr_core.inference.reader_log import OwnReading, Truth
from cxr_core.inference.reader_summary import (
    agreement,
    agreement_by_day,
    assigned_blind,
    changes,
    decision_times,
    who_was_right,
)
from cxr_core.metrics.estimate import wilson


def reading(film: str, own: str, verdict: str, day: int = 1, blind: bool = False, **fields: float) -> OwnReading:
    at = f"2026-01-{day:02}T10:00:00+00:00"
    return OwnReading(film, own, verdict, 0.9, "model", "0123456789ab", blind, at=at, **fields)  # type: ignore[arg-type]


READINGS = [
    reading("a", "pneumonia", "pneumonia"),
    reading("b", "normal", "pneumonia"),
    reading("c", "unsure", "pneumonia", day=2),
    reading("d", "normal", "uncertain", day=2),
    reading("e", "normal", "normal", day=3),
]


def test_agreement_counts_only_films_that_both_answered() -> None:
    assert [one.agrees for one in READINGS] == [True, False, None, None, True]
    assert agreement(READINGS) == wilson(2, 3)
    assert [(day["day"], day["films"], day["agreed"], day["share"]) for day in agreement_by_day(READINGS)] == [
        ("2026-01-01", 2, 1, 0.5),
        ("2026-01-03", 1, 1, 1.0),
    ]
    assert agreement_by_day(READINGS)[0]["low"] == wilson(1, 2).low


def test_the_latest_reading_of_a_film_counts() -> None:
    assert agreement([reading("a", "normal", "pneumonia"), reading("a", "pneumonia", "pneumonia", day=2)]).value == 1


def test_without_readings_there_is_nothing_to_show() -> None:
    assert agreement_by_day([]) == []
    assert agreement([]).value is None
    times = decision_times([])
    assert (times.blind.value, times.shown.value, times.saved, times.interrupted) == (None, None, None, 0)
    assert who_was_right([], {"a": "normal"}) is None
    assert changes([], {}).films == 0


def test_times_are_medians_of_first_decisions_with_what_is_saved() -> None:
    rng = np.random.default_rng(0)
    blind, shown = rng.uniform(20, 40, 41), rng.uniform(5, 15, 30)
    readings = [reading(f"b{i}", "normal", "normal", blind=True, seconds=float(s)) for i, s in enumerate(blind)]
    readings += [reading(f"s{i}", "normal", "normal", seconds=float(s)) for i, s in enumerate(shown)]
    readings.append(reading("b0", "pneumonia", "normal", day=2, seconds=1.0))  # a second decision on that film
    readings.append(reading("left", "normal", "normal", seconds=4000.0))
    readings.append(reading("old", "normal", "normal"))
    times = decision_times(readings)
    assert (times.blind.n, times.shown.n, times.interrupted) == (41, 30, 1)
    assert times.blind.value == pytest.approx(median(blind))
    assert times.shown.value == pytest.approx(median(shown))
    assert times.saved is not None
    assert times.saved.value == pytest.approx(median(blind) - median(shown))
    assert times.saved.low is not None
    assert times.saved.high is not None
    assert 0 < times.saved.low < times.saved.value < times.saved.high
    assert decision_times(readings) == times


def test_times_of_one_kind_only_save_nothing() -> None:
    times = decision_times([reading("a", "normal", "normal", seconds=3.0), reading("b", "normal", "normal")])
    assert (times.blind.value, times.shown.value, times.saved) == (None, 3.0, None)


def test_who_was_right_where_the_truth_is_known() -> None:
    truths: dict[str, Truth] = {"a": "pneumonia", "b": "pneumonia", "c": "normal", "d": "normal", "f": "normal"}
    found = who_was_right([*READINGS, reading("d", "normal", "uncertain", day=3, blind=True)], truths)
    assert found is not None
    assert (found.both, found.only_reader, found.only_model, found.neither) == (1, 1, 1, 1)
    assert (found.model.pneumonia, found.model.normal, found.model.not_called) == (wilson(2, 2), wilson(0, 2), 1)
    assert (found.shown.pneumonia, found.shown.normal, found.shown.not_called) == (wilson(1, 2), wilson(1, 2), 1)
    assert (found.blind.pneumonia.n, found.blind.normal) == (0, wilson(1, 1))
    assert who_was_right(READINGS, {"other": "normal"}) is None


def test_what_the_models_answer_changed() -> None:
    readings = [reading(film, "normal", "pneumonia", blind=True) for film in "abcd"]
    readings += [
        reading("a", "pneumonia", "pneumonia", day=2),
        reading("b", "pneumonia", "pneumonia", day=2),
        reading("c", "normal", "pneumonia", day=2),
    ]
    found = changes(readings, {"a": "pneumonia", "b": "normal", "c": "normal"})
    assert (found.films, found.changed, found.to_right, found.to_wrong) == (3, 2, 1, 1)


def test_chance_asks_first_for_about_half_of_the_films_and_always_for_the_same() -> None:
    films = [f"{number:064x}"[::-1] for number in np.random.default_rng(1).integers(0, 2**32, 1000).tolist()]
    first = [assigned_blind(film) for film in films]
    assert 430 < sum(first) < 570
    assert first == [assigned_blind(film) for film in films]
