"""What a user sees of evaluated films: refusals, uncertain verdicts, answers, and how many of these are right.

The estimates of an evaluation rate the score of every film. A user gets no answer for some of them.
"""

from typing import Any

import pandas as pd

from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.estimate import wilson

_ANSWERS = {"pneumonia": PNEUMONIA, "normal": NORMAL}


def answer_estimates(films: pd.DataFrame) -> dict[str, Any]:
    """The entry `answers` of `metrics.json`: shares with Wilson's intervals, as `Estimate.to_dict` gives them.

    films: at least one row, with `label` and `verdict`. refused, uncertain, answered: shares of all films. right: of
    the answers given; pneumonia_right, normal_right: of the answers pneumonia, and of the answers normal.
    """
    verdicts, count = films["verdict"], len(films)
    answer = verdicts.map(_ANSWERS)
    given, right = answer.notna(), answer == films["label"]

    def share(part: pd.Series, among: pd.Series) -> dict[str, Any]:
        return wilson(int((part & among).sum()), int(among.sum())).to_dict()

    every = pd.Series(True, index=films.index)
    return {
        "films": count,
        "refused": share(verdicts == "not_assessable", every),
        "uncertain": share(verdicts == "uncertain", every),
        "answered": share(given, every),
        "right": share(right, given),
        "pneumonia_right": share(right, verdicts == "pneumonia"),
        "normal_right": share(right, verdicts == "normal"),
    }


def answers_in_words(answers: dict[str, Any]) -> str:
    """One sentence on the entry `answers` for pages, reports and the command line."""
    count = answers["films"]
    refused, uncertain, given = (
        round((answers[name]["value"] or 0) * count) for name in ("refused", "uncertain", "answered")
    )
    right = answers["right"]
    among = "no answer was given"
    if right["value"] is not None:
        share = f"{right['value']:.1%} are right ({right['low']:.1%} to {right['high']:.1%})"
        among = f"of the {given:,} answers given, {share}"
    return f"What a user sees of {count:,} films: {refused:,} refused, {uncertain:,} uncertain; {among}."
