"""From findings to a verdict, by the user's choices and the model's rules, in words a clinician uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.inference.augmented_views import in_words as moved_in_words
from cxr_core.inference.gate.pixel_checks import Check
from cxr_core.inference.prediction import Prediction
from cxr_core.labels import Verdict
from cxr_core.metrics.conformal import Limits

UNMEASURED_SPREAD = 0.25  # for a model whose card names no limit of its own
FAINT = 0.2  # of the strongest heat there can be; hardly to be seen on the screen


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


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model says of one film.

    probability: calibrated, of pneumonia; None if the film is not assessable.
    threshold: at or above it the film is called pneumonia.
    heatmap: `float32 (h, w)` in [0, 1], see `heatmap.heatmap_of`; None if there is none to show.
    check: the check that failed, if the film is not assessable.
    findings: what the verdict was made of; `verdict.decide` makes another of it.
    """

    file: str
    sha256: str
    verdict: Verdict
    probability: float | None
    threshold: float
    reasons: tuple[str, ...]
    heatmap: np.ndarray | None
    model: str
    version: str
    seconds: float
    check: Check | None = None
    findings: Prediction | None = None

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON document; `heatmap` is None until a file was written for it."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "verdict": self.verdict,
            "probability": None if self.probability is None else round(self.probability, 6),
            "threshold": round(self.threshold, 6),
            "reasons": list(self.reasons),
            "heatmap": None,
            "model": {"name": self.model, "version": self.version},
            "seconds": round(self.seconds, 4),
        }


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


def percent(share: float) -> str:
    """A probability for people: never a certainty."""
    if share > 0.99:
        return "> 99%"
    return "< 1%" if share < 0.01 else f"{share:.0%}"


def in_words(probability: float, verdict: Verdict) -> str:
    """The probability of pneumonia in the lexicon of Panicek and Hricak (AJR 2016; 207:2-3).

    Where its words would speak against the verdict, which goes by the operating point: on which side of it the film is.
    """
    if verdict == "normal" and probability > 0.375:
        return "below the threshold"
    if verdict == "pneumonia" and probability <= 0.375:
        return "not below the threshold"
    if probability > 0.9:
        return "consistent with pneumonia"
    if probability > 0.625:
        return "probable pneumonia"
    if probability > 0.375:
        return "possible pneumonia"
    if probability >= 0.1:
        return "pneumonia less likely"
    return "pneumonia unlikely"


def heat_in_words(reading: Reading) -> str:
    """What the heatmap means, for who sees it; nothing where there is none."""
    if reading.heatmap is None or reading.findings is None:
        return ""
    inside = reading.findings.heat_in_lungs
    if inside is None or reading.heatmap.max() < FAINT:
        return "Hardly any heat: nowhere does the film look to the network much more like pneumonia than like normal."
    where = f"{inside:.0%} of the heat lies inside the lungs"
    if inside < 0.5:
        where = f"most of the heat, {1 - inside:.0%}, lies outside the lungs"
    return (
        "Heat is where the film looks to the network more like films with pneumonia than like normal ones. It is no "
        f"proof of disease there: {where}, as far as they can be told."
    )
