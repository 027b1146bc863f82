"""Drift: said within the week it begins, and never in ten undisturbed simulated years."""

from collections import Counter

import numpy as np

from cxr_core.hospital.ward.monitor import FIRST_WEEKS, limits_of
from tests.support.hospital.weeks import A_WEEK, drawn


def test_a_fifth_of_dimmed_films_is_said_within_the_week_and_ten_undisturbed_years_say_nothing() -> None:
    rng = np.random.default_rng(25)
    first = [drawn(rng, A_WEEK) for _ in range(FIRST_WEEKS)]
    said: Counter[str] = Counter()
    for _ in range(10 * 52):
        films = drawn(rng, rng.poisson(A_WEEK))
        for looked in (len(films) // 3, 2 * len(films) // 3, len(films)):  # a week is looked at while it goes on
            said.update(name for name, limits in limits_of(first, films[:looked]) if limits.is_out)
    assert said == {}
    for _ in range(20):
        week = dict(limits_of(first, drawn(rng, A_WEEK, dimmed=0.2)))
        assert week["share of not assessable"].is_out
