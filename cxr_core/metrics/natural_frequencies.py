"""A probability as a natural frequency: of the validation films with a similar score, how many had pneumonia."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.scores import Scores
from cxr_core.records import Fields

GROUPS = 8


@dataclass(frozen=True)
class Frequency:
    """A group of films by score. up_to: its highest score, 1 for the last group. pneumonia: of its `films`.

    low, high: the Wilson interval of their ratio.
    """

    up_to: float
    films: int
    pneumonia: int
    low: float
    high: float

    @classmethod
    def of(cls, row: Fields) -> Self:
        """The group that `asdict` wrote. Raises ValueError."""
        counts = row.whole("films"), row.whole("pneumonia")
        return cls(row.number("up_to"), *counts, row.number("low"), row.number("high"))


def frequency_table(scores: Scores, groups: int = GROUPS) -> list[Frequency]:
    """Films in groups of about equal size by score, for a model's card; together the groups cover [0, 1].

    Use at least one film, and films that were not trained on.
    """
    order = np.argsort(scores.scores, kind="stable")
    rows: list[Frequency] = []
    for part in np.array_split(order, min(groups, len(order))):
        pneumonia = int(scores.labels[part].sum())
        share = wilson(pneumonia, len(part))
        rows.append(Frequency(float(scores.scores[part].max()), len(part), pneumonia, share.low or 0, share.high or 0))
    return [*rows[:-1], replace(rows[-1], up_to=1.0)]
