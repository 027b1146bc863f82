"""Drift: each week against the first weeks. `tests/system/ward/test_drift.py` simulates years."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from cxr_core.hospital.ward.arrival import Measured, week_of
from cxr_core.hospital.ward.monitor import FIRST_WEEKS, drifts_of, limits_of, weeks_of
from cxr_core.metrics.control_limits import MIN_FILMS, mean_limits, share_limits
from tests.support.hospital.ward import measured
from tests.support.hospital.weeks import A_WEEK, drawn

START = 1_700_000_000.0


def rows(weeks: list[list[Measured]], site: str = "ward") -> Iterator[tuple[float, str, str, Measured]]:
    for number, films in enumerate(weeks):
        yield from ((START + number * 7 * 86400, site, "v1", film) for film in films)


def test_a_drift_names_its_week_and_each_profile_has_its_own_first_weeks() -> None:
    rng = np.random.default_rng(1)
    calm = [drawn(rng, A_WEEK) for _ in range(FIRST_WEEKS + 3)]
    assert list(drifts_of(rows(calm))) == []
    found = list(drifts_of([*rows([*calm, drawn(rng, A_WEEK, dimmed=0.5)]), *rows(calm[:2], "other")]))
    assert {drift.week for drift in found} == {week_of(START + (FIRST_WEEKS + 3) * 7 * 86400)}
    assert {drift.site for drift in found} == {"ward"}
    sentence = next(drift.sentence for drift in found if drift.statistic == "share of not assessable")
    assert sentence.startswith(f"In the week of {found[0].week} the share of not assessable is ")
    others = [week for week in weeks_of([*rows(calm), *rows(calm[:2], "other")]) if week.site == "other"]
    assert [week.is_first for week in others] == [True, True]


def test_another_manufacturer_and_another_age_are_said() -> None:
    rng = np.random.default_rng(2)
    first = [drawn(rng, A_WEEK) for _ in range(FIRST_WEEKS)]
    others = [measured("normal", manufacturer="Carestream", age=90.0) for _ in range(A_WEEK)]
    out = {name for name, limits in limits_of(first, others) if limits.is_out}
    assert {"share of films by others", "share of films by Siemens", "mean age", "share of normal"} <= out


def test_few_films_say_nothing() -> None:
    rng = np.random.default_rng(3)
    first = [drawn(rng, A_WEEK) for _ in range(FIRST_WEEKS)]
    assert list(limits_of(first, drawn(rng, MIN_FILMS - 1, dimmed=1.0))) == []
    assert list(weeks_of([])) == []


def test_weeks_that_vary_more_than_chance_widen_the_limits() -> None:
    calm = [(10, 100)] * 8
    wild = [(2, 100), (18, 100)] * 4
    assert share_limits(wild, 10, 100).high > share_limits(calm, 10, 100).high
    rng = np.random.default_rng(4)
    weeks = [rng.normal(size=50) for _ in range(8)]
    shifted = [week + (-1) ** number for number, week in enumerate(weeks)]
    assert mean_limits(shifted, weeks[0]).high > mean_limits(weeks, weeks[0]).high
    assert share_limits([(0, 100)] * 8, 0, 100).is_out is False
    assert mean_limits([np.ones(9)], np.ones(9)).is_out is False


@pytest.mark.parametrize("first", [[(0, 0)], [(0, 0)] * 8])
def test_no_film_has_no_limits(first: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="no film"):
        share_limits(first, 0, 0)
    with pytest.raises(ValueError, match="no film"):
        mean_limits([np.empty(0)], np.ones(3))


def test_a_week_begins_on_monday() -> None:
    assert date.fromisoformat(week_of(START)).weekday() == 0
    assert date.fromisoformat(week_of(START)) + timedelta(days=7) == date.fromisoformat(week_of(START + 7 * 86400))
