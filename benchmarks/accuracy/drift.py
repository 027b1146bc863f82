"""How often the monitor says a drift that is none, and how soon it says one that is made.

    python -m benchmarks.accuracy.drift

Films are drawn with replacement from a table of what the released model said of 300 films, half of children and half
of adults. Each simulated hospital has its own first weeks and then a year of 52 weeks, a Poisson number of films in
each, every week looked at three times while it goes on. Undisturbed, every statistic outside its limits is a false
alarm. Then a share of the films is dimmed to half their grey values, which the gate refuses; a drift is found in the
week it begins if any statistic leaves its limits at the week's last look, and the delay is the number of films that
had arrived when it first did.
Requirement: no more than one false alarm in ten hospital years, and a fifth of dimmed films found within the week.
"""

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np

from cxr_core.hospital.ward.arrival import Measured
from cxr_core.hospital.ward.monitor import FIRST_FILMS, FIRST_WEEKS, limits_of
from cxr_core.metrics.control_limits import MIN_FILMS
from tests.support.hospital.weeks import drawn

WEEKS, LOOKS = 52, 3


def first_weeks(rng: np.random.Generator, films: int) -> list[list[Measured]]:
    """A hospital's first weeks, as many as the monitor takes. films: a week, on average."""
    weeks: list[list[Measured]] = []
    while len(weeks) < FIRST_WEEKS or sum(map(len, weeks)) < FIRST_FILMS:
        weeks.append(drawn(rng, max(1, rng.poisson(films))))
    return weeks


def out_of_limits(first: list[list[Measured]], films: list[Measured]) -> set[str]:
    """The statistics outside their limits."""
    return {name for name, limits in limits_of(first, films) if limits.is_out}


def false_alarms(rng: np.random.Generator, first: list[list[Measured]], films: int) -> Iterator[str]:
    """The statistics that are said in an undisturbed year, each once a week as on the page."""
    for _ in range(WEEKS):
        week = drawn(rng, rng.poisson(films))
        looks = [week[: len(week) * look // LOOKS] for look in range(1, LOOKS + 1)]
        yield from set[str]().union(*(out_of_limits(first, part) for part in looks))


def delay(first: list[list[Measured]], week: list[Measured]) -> int | None:
    """How many films of a week had arrived when a statistic first left its limits; None if it never does."""
    return next((n for n in range(MIN_FILMS, len(week) + 1) if out_of_limits(first, week[:n])), None)


def main() -> None:
    """Print false alarms and delays for hospitals of different sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, nargs="+", default=[60, 120], help="a week")
    parser.add_argument("--years", type=int, default=30, help="of false alarms, one hospital a year")
    parser.add_argument("--drifts", type=int, default=30, help="simulated for each share of dimmed films")
    parser.add_argument("--dimmed", type=float, nargs="+", default=[0.1, 0.2])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for films in options.films:
        rng = np.random.default_rng([options.seed, films])
        said: Counter[str] = Counter()
        for _ in range(options.years):
            said.update(false_alarms(rng, first_weeks(rng, films), films))
        by_name = ", ".join(f"{name} {count}" for name, count in said.most_common()) or "none"
        print(f"{films} films a week: {said.total()} false alarms in {options.years} years ({by_name})")
        for share in options.dimmed:
            delays = []
            for _ in range(options.drifts):
                first = first_weeks(rng, films)
                delays.append(delay(first, drawn(rng, max(1, rng.poisson(films)), dimmed=share)))
            found = sorted(one for one in delays if one is not None)
            after = f", after {np.median(found):.0f} films (median), at most {found[-1]}" if found else ""
            print(f"  {share:.0%} dimmed: {len(found)} of {options.drifts} said within the week{after}")


if __name__ == "__main__":
    main()
