"""The number that a clinician reads, the probability of pneumonia at the stated prevalence: its limits and its words.

Verdict, words, sentence and colour all follow from this one number; see `decision.decide` for the rule.
"""

import math

from cxr_core.labels import Verdict

PNEUMONIA_FROM, NORMAL_TO = 0.5, 0.2  # the number from which, and up to which, the answer may be given


def number_text(number: float) -> str:
    """The number, in [0, 1], in percent: "31%"; "< 1%" and "> 99%" at the ends.

    It is never rounded across a limit of an answer: 49.6% stays 49.6%, because pneumonia needs 50%.
    """
    if number > 0.99:
        return "> 99%"
    if number < 0.01:
        return "< 1%"
    rounded = round(number, 2)
    if number < PNEUMONIA_FROM <= rounded:
        return f"{min(math.floor(1000 * number), 499) / 10:g}%"
    if number > NORMAL_TO >= rounded:
        return f"{max(math.ceil(1000 * number), 201) / 10:g}%"
    return f"{rounded:.0%}"


def of_100(prevalence: float) -> str:
    """A prevalence as a count: "20 of 100 patients"."""
    return f"{100 * prevalence:.3g} of 100 patients"


def result_sentence(number: float, prevalence: float, verdict: Verdict) -> str:
    """Words, number and prevalence in one sentence, the first reason of a reading."""
    words = number_in_words(number, verdict).capitalize()
    return f"{words}: probability of pneumonia {number_text(number)}, where {of_100(prevalence)} have it."


def frequency_sentence(number: float, prevalence: float) -> str:
    """The number as a natural frequency (Gigerenzer, BMJ 2003; 327:741)."""
    count = number_text(number).removesuffix("%").replace("< ", "fewer than ").replace("> ", "more than ")
    return f"Where {of_100(prevalence)} have pneumonia, {count} of 100 with a film like this one have it."


def number_in_words(number: float, verdict: Verdict) -> str:
    """The number in the lexicon of Panicek and Hricak (AJR 2016; 207:2-3); of an uncertain film, that it is one.

    An answer is given only where the lexicon agrees with it: pneumonia from 50%, normal up to 20%.
    """
    if verdict == "uncertain":
        return "no clear answer"
    if number > 0.9:
        return "consistent with pneumonia"
    if number > 0.625:
        return "probable pneumonia"
    if number > 0.375:
        return "possible pneumonia"
    if number >= 0.1:
        return "pneumonia less likely"
    return "pneumonia unlikely"
