"""What a reader's own readings show: agreement with the model, time to decision, and who was right.

The interval of a proportion is Wilson's, that of a median a bootstrap's; both take films as independent, since a
reading holds no patient. Times with and without the model's answer can be compared only where chance decides which
films are read without it, see `assigned_blind`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.inference.reader_log import OwnReading, Truth
from cxr_core.metrics.bootstrap import bootstrap
from cxr_core.metrics.estimate import Estimate, wilson
from cxr_core.metrics.weighted_statistics import median

INTERRUPTED_SECONDS = 600.0
"""A film that was on screen for longer before a decision was left there; its time is not counted."""


@dataclass(frozen=True)
class DecisionTimes:
    """Median seconds from a film on screen to the first decision on it, and the difference, each `n` films.

    blind: before the model's answer was shown. shown: with it. saved: blind less shown; None unless there are both.
    interrupted: decisions that took over INTERRUPTED_SECONDS, not counted.
    """

    blind: Estimate
    shown: Estimate
    saved: Estimate | None
    interrupted: int


@dataclass(frozen=True)
class Correct:
    """How many films of each class were called what they are, of those whose truth is known, and the films not called.

    An answer that is neither pneumonia nor normal is right for no film.
    """

    pneumonia: Estimate
    normal: Estimate
    not_called: int


@dataclass(frozen=True)
class WhoWasRight:
    """Reader and model on the films whose truth the reader has entered.

    blind, shown: the reader before and with the model's answer; model: on all of these films. The other numbers are of
    the reader's latest reading of each film: both were right, only one was, neither.
    """

    blind: Correct
    shown: Correct
    model: Correct
    both: int
    only_reader: int
    only_model: int
    neither: int


@dataclass(frozen=True)
class Changes:
    """Films that were read blind and again with the model's answer: how many, and on how many the reader changed.

    to_right, to_wrong: of the changed, those whose truth is known.
    """

    films: int
    changed: int
    to_right: int
    to_wrong: int


def assigned_blind(sha256: str) -> bool:
    """Whether the reader is asked first, if half of the films are chosen by chance; the same for a film each time."""
    return int(sha256[:8], 16) % 2 == 0


def agreement(readings: Iterable[OwnReading]) -> Estimate:
    """The share of the films on which reader and model agree, of those that both answered; by the latest reading."""
    votes = [one.agrees for one in _latest_by_version(readings) if one.agrees is not None]
    return wilson(sum(votes), len(votes))


def agreement_by_day(readings: Sequence[OwnReading]) -> list[dict[str, object]]:
    """For each day with films that both answered: `day`, `films`, `agreed`, `share`, `low`, `high`.

    By the latest reading of each film.
    """
    days: dict[str, list[bool]] = {}
    for reading in _latest_by_version(readings):
        if reading.agrees is not None:
            days.setdefault(reading.at[:10], []).append(reading.agrees)
    found = []
    for day, votes in sorted(days.items()):
        share = wilson(sum(votes), len(votes))
        counts = {"day": day, "films": len(votes), "agreed": sum(votes)}
        found.append(counts | {"share": share.value, "low": share.low, "high": share.high})
    return found


def decision_times(readings: Sequence[OwnReading]) -> DecisionTimes:
    """Medians over the first reading of each film."""
    timed = [one for one in _chosen(readings, first=True).values() if one.seconds is not None]
    counted = [one for one in timed if (one.seconds or 0) <= INTERRUPTED_SECONDS]
    blind = np.array([one.seconds if one.blind else np.nan for one in counted], np.float64)
    shown = np.array([np.nan if one.blind else one.seconds for one in counted], np.float64)

    def of(seconds: np.ndarray) -> Estimate:
        known = seconds[np.isfinite(seconds)]
        return bootstrap(np.arange(len(known)), {"median": median(known)})["median"] if len(known) else wilson(0, 0)

    saved = None
    if np.isfinite(blind).any() and np.isfinite(shown).any():
        of_blind, of_shown = median(blind), median(shown)
        statistics = {"saved": lambda weights: of_blind(weights) - of_shown(weights)}
        saved = bootstrap(np.arange(len(counted)), statistics)["saved"]
    return DecisionTimes(of(blind), of(shown), saved, len(timed) - len(counted))


def who_was_right(readings: Sequence[OwnReading], truths: Mapping[str, Truth]) -> WhoWasRight | None:
    """Reader and model where the truth is known; None where it is known of no film that was read."""
    known = [one for one in readings if one.sha256 in truths]
    latest = list(_chosen(known).values())
    if not latest:
        return None
    blind = _chosen([one for one in known if one.blind]).values()
    shown = _chosen([one for one in known if not one.blind]).values()
    votes = [(own_right(one, truths) or False, model_right(one, truths) or False) for one in latest]
    return WhoWasRight(
        blind=_correct(blind, truths, lambda one: one.own),
        shown=_correct(shown, truths, lambda one: one.own),
        model=_correct(latest, truths, lambda one: one.verdict),
        both=votes.count((True, True)),
        only_reader=votes.count((True, False)),
        only_model=votes.count((False, True)),
        neither=votes.count((False, False)),
    )


def changes(readings: Sequence[OwnReading], truths: Mapping[str, Truth]) -> Changes:
    """What seeing the model's answer changed in readings that were made before it."""
    before = _chosen([one for one in readings if one.blind])
    after = _chosen([one for one in readings if not one.blind])
    both = [(before[sha256], after[sha256]) for sha256 in before.keys() & after.keys()]
    pairs = [(a, b) for a, b in both if a.at <= b.at]
    changed = [(a, b) for a, b in pairs if a.own != b.own]
    return Changes(
        films=len(pairs),
        changed=len(changed),
        to_right=sum(own_right(b, truths) is True for _, b in changed),
        to_wrong=sum(own_right(a, truths) is True for a, _ in changed),
    )


def own_right(reading: OwnReading, truths: Mapping[str, Truth]) -> bool | None:
    """Whether the reader was right; None where the truth is not known or they were unsure."""
    truth = truths.get(reading.sha256)
    return None if truth is None or reading.own == "unsure" else reading.own == truth


def model_right(reading: OwnReading, truths: Mapping[str, Truth]) -> bool | None:
    """Whether the model was right; None where the truth is not known or its answer was neither class."""
    truth = truths.get(reading.sha256)
    return None if truth is None or reading.verdict not in ("pneumonia", "normal") else reading.verdict == truth


def _correct(
    readings: Iterable[OwnReading], truths: Mapping[str, Truth], answer: Callable[[OwnReading], str]
) -> Correct:
    answers: dict[Truth, list[str]] = {"pneumonia": [], "normal": []}
    for one in readings:
        answers[truths[one.sha256]].append(answer(one))
    rates = {truth: wilson(given.count(truth), len(given)) for truth, given in answers.items()}
    called = sum(given.count(each) for given in answers.values() for each in answers)
    return Correct(rates["pneumonia"], rates["normal"], sum(map(len, answers.values())) - called)


def _chosen(readings: Iterable[OwnReading], first: bool = False) -> dict[str, OwnReading]:
    """The latest reading of each film, or the first, by sha256."""
    chosen: dict[str, OwnReading] = {}
    for reading in readings:
        if not (first and reading.sha256 in chosen):
            chosen[reading.sha256] = reading
    return chosen


def _latest_by_version(readings: Iterable[OwnReading]) -> list[OwnReading]:
    return list({(reading.sha256, reading.version): reading for reading in readings}.values())
