"""The number that a clinician reads, the probability of pneumonia at the stated prevalence: its limits and its words.

Verdict, words, sentence and colour all follow from this one number; see `decision.decide` for the rule.
"""

import math
from decimal import Decimal

from cxr_core.labels import Verdict
from cxr_core.languages import Message, message

PNEUMONIA_FROM, NORMAL_TO = 0.5, 0.2  # the number from which, and up to which, the answer may be given


def number_text(number: float) -> Message:
    """The number, in [0, 1], in percent: "31%"; "< 1%" and "> 99%" at the ends.

    It is never rounded across a limit of an answer: 49.6% stays 49.6%, because pneumonia needs 50%.
    """
    if number > 0.99:
        return message("> {number}%", number=99)
    if number < 0.01:
        return message("< {number}%", number=1)
    rounded = round(number, 2)
    if number < PNEUMONIA_FROM <= rounded:
        return _percent(min(math.floor(1000 * number), 499) / 10)
    if number > NORMAL_TO >= rounded:
        return _percent(max(math.ceil(1000 * number), 201) / 10)
    return _percent(round(100 * rounded))


def of_100(prevalence: float) -> Decimal:
    """A prevalence as a count of 100 patients: 20, or 2.5."""
    return Decimal(f"{100 * prevalence:.3g}")


def result_sentence(number: float, prevalence: float, verdict: Verdict) -> Message:
    """Words, number and prevalence in one sentence, the first reason of a reading."""
    return message(
        "{words}: probability of pneumonia {number}, where {patients} of 100 patients have it.",
        words=number_in_words(number, verdict),
        number=number_text(number),
        patients=of_100(prevalence),
    )


def frequency_sentence(number: float, prevalence: float) -> Message:
    """The number as a natural frequency (Gigerenzer, BMJ 2003; 327:741)."""
    about = {"patients": of_100(prevalence), "count": number_text(number).values["number"]}
    if number > 0.99:
        return message(
            "Where {patients} of 100 patients have pneumonia, "
            "more than {count} of 100 with a film like this one have it.",
            **about,
        )
    if number < 0.01:
        return message(
            "Where {patients} of 100 patients have pneumonia, "
            "fewer than {count} of 100 with a film like this one have it.",
            **about,
        )
    return message(
        "Where {patients} of 100 patients have pneumonia, {count} of 100 with a film like this one have it.", **about
    )


def number_in_words(number: float, verdict: Verdict) -> Message:
    """The number in the lexicon of Panicek and Hricak (AJR 2016; 207:2-3); of an uncertain film, that it is one.

    An answer is given only where the lexicon agrees with it: pneumonia from 50%, normal up to 20%.
    """
    if verdict == "uncertain":
        return message("No clear answer")
    if number > 0.9:
        return message("Consistent with pneumonia")
    if number > 0.625:
        return message("Probable pneumonia")
    if number > 0.375:
        return message("Possible pneumonia")
    if number >= 0.1:
        return message("Pneumonia less likely")
    return message("Pneumonia unlikely")


def _percent(number: float) -> Message:
    return message("{number}%", number=Decimal(f"{number:g}"))
