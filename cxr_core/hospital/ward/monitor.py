"""Whether what comes in has changed: each week against the first weeks of the same profile and model."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from cxr_core.hospital.ward.arrival import Measured, week_of
from cxr_core.hospital.ward.drift import BY_MAKER, OTHERS, UNNAMED, Drift, share_of
from cxr_core.labels import VERDICTS
from cxr_core.metrics.control_limits import MIN_FILMS, Limits, low_quantile, mean_limits, share_limits

FIRST_WEEKS = 8
FIRST_FILMS = 200
"""The first weeks are at least so many, and go on until they have at least so many films."""
UNUSUAL = 0.02  # of the first films count as dark, and as flat
COMMON = 0.05  # a manufacturer with at least this share of the first films is followed by name
Test = Callable[[Measured], bool]
Row = tuple[float, str, str, Measured]
"""Arrival in seconds since 1970, site profile, model version, measurements."""


@dataclass(frozen=True)
class Week:
    """One week of one profile and model. start: its Monday, "2026-11-23". by_statistic: those with enough films."""

    site: str
    version: str
    start: str
    films: int
    is_first: bool
    by_statistic: dict[str, Limits]


def weeks_of(rows: Iterable[Row]) -> list[Week]:
    """Every week with films, of each profile and model in order of time, with the limits of its statistics."""
    found = []
    for (site, version), films in _by_profile(rows).items():
        starts = sorted(films)
        count = _first_weeks([len(films[start]) for start in starts])
        first = [films[start] for start in starts[:count]]
        for number, start in enumerate(starts):
            is_first = number < count
            limits = {} if is_first else dict(limits_of(first, films[start]))
            found.append(Week(site, version, start, len(films[start]), is_first, limits))
    return found


def drifts_of(rows: Iterable[Row]) -> Iterator[Drift]:
    """What lies outside its limits, by week."""
    for week in weeks_of(rows):
        for name, limits in week.by_statistic.items():
            if limits.is_out:
                about = (week.site, week.version, week.start, name)
                yield Drift(*about, limits.value, limits.low, limits.high, limits.n)


def limits_of(first: list[list[Measured]], films: list[Measured]) -> Iterator[tuple[str, Limits]]:
    """Name and limits of each statistic of a week. first: the films of each of the first weeks, none of them empty.

    Statistics of fewer than MIN_FILMS films are left out.
    """
    if len(films) < MIN_FILMS:
        return
    before = [film for week in first for film in week]
    tests: dict[str, Test] = {share_of(verdict): _is_verdict(verdict) for verdict in VERDICTS}
    dark = low_quantile(np.array([film.brightness for film in before]), UNUSUAL)
    flat = low_quantile(np.array([film.contrast for film in before]), UNUSUAL)
    tests["share of dark films"] = lambda film: film.brightness < dark
    tests["share of films of low contrast"] = lambda film: film.contrast < flat
    makers = _common([film.manufacturer for film in before])
    for maker in sorted(makers):
        tests[f"{BY_MAKER}{maker}" if maker else UNNAMED] = _is_maker(maker)
    tests[OTHERS] = lambda film: film.manufacturer not in makers
    for name, test in tests.items():
        counts = [(sum(map(test, week)), len(week)) for week in first]
        yield name, share_limits(counts, sum(map(test, films)), len(films))
    for name in ("logit", "age"):
        values = [_values(week, name) for week in [*first, films]]
        if len(values[-1]) >= MIN_FILMS and sum(map(len, values[:-1])) >= FIRST_FILMS // 2:
            yield f"mean {name}", mean_limits(values[:-1], values[-1])


def _by_profile(rows: Iterable[Row]) -> dict[tuple[str, str], dict[str, list[Measured]]]:
    found: dict[tuple[str, str], dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
    for arrived, site, version, film in rows:
        found[site, version][week_of(arrived)].append(film)
    return found


def _first_weeks(sizes: list[int]) -> int:
    """How many weeks are the first ones; all, while there are not enough."""
    for count in range(FIRST_WEEKS, len(sizes)):
        if sum(sizes[:count]) >= FIRST_FILMS:
            return count
    return len(sizes)


def _is_verdict(verdict: str) -> Test:
    return lambda film: film.verdict == verdict


def _is_maker(maker: str) -> Test:
    return lambda film: film.manufacturer == maker


def _common(makers: list[str]) -> set[str]:
    return {maker for maker in set(makers) if makers.count(maker) >= COMMON * len(makers)}


def _values(films: list[Measured], name: str) -> np.ndarray:
    values = [film.logit if name == "logit" else film.age for film in films]
    return np.array([value for value in values if value is not None], np.float64)
