"""From findings to a verdict, by the user's choices and the model's rules, in words a clinician uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.inference.augmented_views import in_words as moved_in_words
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import in_words, percent
from cxr_core.labels import Verdict
from cxr_core.metrics.conformal import Limits

UNMEASURED_SPREAD = 0.25  # for a model whose card names no limit of its own


@dataclass(frozen=True)
class Choice:
    """What the user may choose; None for what the model's card says.

    operating_point: "rule_out", "balanced" or "rule_in". error_rate: of given answers, 0.02, 0.05, 0.1 or 0.2.
    """

    operating_point: str | None = None
    error_rate: float | None = None


@dataclass(frozen=True, eq=False)
class Rules:
    """A model's rules, from its card: thresholds by operating point, conformal limits by error rate, widest spread.

    mirror: whether an answer must hold for the film's mirror image as well, see `stability`.
    """

    thresholds: dict[str, float]
    limits: dict[float, Limits]
    max_spread: float
    default: Choice
    mirror: bool = False

    @classmethod
    def of(cls, card: dict[str, Any]) -> "Rules":
        """The rules that a model's card states."""
        conformal = card["conformal"]
        return cls(
            thresholds={name: float(point["threshold"]) for name, point in card["operating_points"].items()},
            limits={float(rate): Limits(**limits) for rate, limits in conformal["limits_by_error_rate"].items()},
            max_spread=float(card.get("stability", {}).get("max_spread", UNMEASURED_SPREAD)),
            default=Choice(card["operating_point"], float(conformal["error_rate"])),
            mirror=bool(card.get("training", {}).get("settings", {}).get("flip")),
        )

    def chosen(self, choice: Choice) -> tuple[float, Limits, float]:
        """Threshold, limits and error rate of a choice. Raises SettingsError if the model has none for it."""
        point = choice.operating_point or self.default.operating_point
        rate = self.default.error_rate if choice.error_rate is None else choice.error_rate
        if point not in self.thresholds:
            raise SettingsError(f"operating point {point!r}: accepted are {', '.join(self.thresholds)}.")
        if rate not in self.limits:
            accepted = ", ".join(f"{known:g}" for known in sorted(self.limits))
            raise SettingsError(f"error rate {rate}: accepted are {accepted}.")
        return self.thresholds[point], self.limits[rate], rate


def decide(findings: Prediction, rules: Rules, choice: Choice, model: str, version: str) -> Reading:
    """The verdict on what was found, by the model's rules and the user's choice; nothing is read again.

    Uncertain where neither class can be ruled out at the chosen error rate, where the class that is left is not the
    one that the operating point calls, and where the answer turns, by more than a little, from view to view.
    Raises SettingsError for a choice that the model has no rule for.
    """
    threshold, limits, rate = rules.chosen(choice)
    about: dict[str, Any] = {
        "file": findings.file,
        "sha256": findings.sha256,
        "threshold": threshold,
        "model": model,
        "version": version,
        "seconds": findings.seconds,
        "findings": findings,
    }
    if findings.refusal or findings.probability is None or findings.views is None:
        check, why = (findings.refusal.check, findings.refusal.sentence) if findings.refusal else (None, "Not read.")
        reasons = (why, *findings.notes)
        return Reading(verdict="not_assessable", probability=None, heatmap=None, check=check, reasons=reasons, **about)
    probability = findings.probability
    called: Verdict = "pneumonia" if probability >= threshold else "normal"
    turns = findings.views.min() < threshold <= findings.views.max() and np.ptp(findings.views) > rules.max_spread
    doubts = list(_doubts(called, limits.answer(probability), rate))
    if turns:
        low, high = percent(findings.views.min()), percent(findings.views.max())
        doubts.append(f"Unstable: from {low} to {high} when the film is {moved_in_words(rules.mirror)}.")
    verdict: Verdict = "uncertain" if doubts else called
    words = in_words(probability, verdict).capitalize()
    said = f"{words}: probability {percent(probability)}, threshold {percent(threshold)}."
    how = f"Not clear at first: averaged over the film as it is and {moved_in_words(rules.mirror)}."
    return Reading(
        verdict=verdict,
        probability=probability,
        heatmap=findings.heatmap,
        reasons=(said, *([how] if findings.second_look else []), *doubts, *findings.notes),
        **about,
    )


def _doubts(called: Verdict, answer: str, rate: float) -> Iterator[str]:
    """A sentence if the answer that an error rate allows is not what the operating point calls."""
    if answer == "both":
        yield f"Neither class can be ruled out at an error rate of {rate:.0%}."
    elif answer not in ("neither", called):
        yield f"The operating point calls it {called}, but at an error rate of {rate:.0%} only {answer} stays possible."
