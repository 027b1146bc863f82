"""What a user sees of evaluated films: refusals, uncertain verdicts, answers, and how many of these are right.

The estimates of an evaluation rate the score of every film. A user gets no answer for some of them.
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import pandas as pd

from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.estimate import Estimate, wilson
from cxr_core.records import Fields

_ANSWERS = {"pneumonia": PNEUMONIA, "normal": NORMAL}


@dataclass(frozen=True)
class Answers:
    """Shares with Wilson's intervals. refused, uncertain, answered: of all films. right: of the answers given.

    pneumonia_right, normal_right: of the answers pneumonia, and of the answers normal.
    """

    films: int
    refused: Estimate
    uncertain: Estimate
    answered: Estimate
    right: Estimate
    pneumonia_right: Estimate
    normal_right: Estimate

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """The entry `answers` of `metrics.json`. Raises ValueError."""
        return cls(stored.whole("films"), *(Estimate.of(stored.part(one.name)) for one in fields(cls)[1:]))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, the entry `answers` of `metrics.json`."""
        shares = {one.name: getattr(self, one.name).to_dict() for one in fields(self)[1:]}
        return {"films": self.films} | shares


def answer_estimates(films: pd.DataFrame) -> Answers:
    """films: at least one row, with `label` and `verdict`."""
    verdicts = films["verdict"]
    answer = verdicts.map(_ANSWERS)
    given, right = answer.notna(), answer == films["label"]

    def share(part: pd.Series, among: pd.Series) -> Estimate:
        return wilson(int((part & among).sum()), int(among.sum()))

    every = pd.Series(True, index=films.index)
    return Answers(
        films=len(films),
        refused=share(verdicts == "not_assessable", every),
        uncertain=share(verdicts == "uncertain", every),
        answered=share(given, every),
        right=share(right, given),
        pneumonia_right=share(right, verdicts == "pneumonia"),
        normal_right=share(right, verdicts == "normal"),
    )


def answers_in_words(answers: Answers) -> str:
    """One sentence for pages, reports and the command line."""
    shares = (answers.refused, answers.uncertain, answers.answered)
    refused, uncertain, given = (round((share.value or 0) * answers.films) for share in shares)
    right = answers.right
    among = "no answer was given"
    if right.value is not None:
        share = f"{right.value:.1%} are right ({right.low:.1%} to {right.high:.1%})"
        among = f"of the {given:,} answers given, {share}"
    return f"What a user sees of {answers.films:,} films: {refused:,} refused, {uncertain:,} uncertain; {among}."
