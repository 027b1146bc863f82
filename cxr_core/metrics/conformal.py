"""Conformal prediction: which classes stay possible for a film at a chosen error rate.

Class-conditional (Mondrian) split conformal prediction: Vovk, ACML 2012 (PMLR 25:475-490); Ding et al., NeurIPS 2023.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from cxr_core.errors import DataSetError, SettingsError
from cxr_core.metrics.scores import Scores

Answer = Literal["pneumonia", "normal", "both", "neither"]


@dataclass(frozen=True)
class ConformalLimits:
    """The limits between which classes stay possible at a probability p of pneumonia.

    Pneumonia stays possible if p >= pneumonia_from, normal if p <= normal_to; both limits in [0, 1].
    """

    pneumonia_from: float
    normal_to: float

    def answer(self, probability: float) -> Answer:
        """The classes that stay possible at a probability in [0, 1]."""
        pneumonia, normal = probability >= self.pneumonia_from, probability <= self.normal_to
        if pneumonia and normal:
            return "both"
        if pneumonia or normal:
            return "pneumonia" if pneumonia else "normal"
        return "neither"

    def to_dict(self) -> dict[str, float]:
        """JSON-ready: the keyword arguments of the constructor."""
        return asdict(self)


def fit_conformal(scores: Scores, errors: Sequence[float] = (0.05, 0.1, 0.2)) -> dict[str, ConformalLimits]:
    """Conformal limits for each error rate; the keys are the rates as text ("0.05").

    For a new film from the same source as these, the true class is ruled out with at most that probability, among films
    with pneumonia and among normal films. This is guaranteed for films that are exchangeable with these: not used in
    training and, strictly, one film per patient. With several films per patient, the rate varies more from one
    validation set to the next. A class too small for the rate (fewer than 1 / error - 1 films) is never ruled out.
    Raises DataSetError if all films have one label, SettingsError for an error rate outside (0, 1).
    """
    if scores.one_class_reason:
        raise DataSetError(scores.one_class_reason, thing="conformal limits")
    pneumonia = np.sort(scores.scores[scores.labels == 1])
    normal = np.sort(scores.scores[scores.labels == 0])
    limits = {}
    for error in errors:
        if not 0 < error < 1:
            raise SettingsError(thing=f"error rate {error}", accepted="a number between 0 and 1 is accepted")
        below = _ruled_out(len(pneumonia), error)
        limits[f"{error:g}"] = ConformalLimits(
            pneumonia_from=float(pneumonia[below - 1]) if below else 0.0,
            normal_to=upper_limit(normal, error),
        )
    return limits


def strictest(limits: Sequence[ConformalLimits]) -> ConformalLimits:
    """The limits that rule a class out only where all of these do: of several sources, what holds at each of them."""
    return ConformalLimits(min(one.pneumonia_from for one in limits), max(one.normal_to for one in limits))


def large_enough(scores: Scores, error: float) -> bool:
    """Whether both classes have enough films to be ruled out at all at this error rate."""
    return bool(_ruled_out(scores.pneumonia, error) and _ruled_out(scores.normal, error))


def upper_limit(scores: np.ndarray, error: float) -> float:
    """The score that a new film, exchangeable with these N, exceeds with at most the probability `error`.

    scores: `float (N,)` in [0, 1]. 1 where there are too few films to say it of any lower score.
    """
    above = _ruled_out(len(scores), error)
    return float(np.sort(scores)[-above]) if above else 1.0


def _ruled_out(films: int, error: float) -> int:
    """Rank of the limit from the unlikely end: floor(error * (n + 1)), the finite-sample correction."""
    # The small number compensates for rounding: 0.29 * 100 is 28.999999999999996 and must give 29.
    return math.floor(error * (films + 1) + 1e-9)
