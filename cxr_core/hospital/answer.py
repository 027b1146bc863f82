"""What the results state about one film: a reading at the site's prevalence, in the terms of the design's rules."""

from dataclasses import dataclass, field, replace

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.inference.decision import Choice, Rules, moved
from cxr_core.inference.reading import Reading
from cxr_core.labels import Verdict
from cxr_core.metrics.prevalence import DEFAULT_PREVALENCE
from cxr_core.models.registry import Model
from cxr_core.models.site_profile import SiteProfile

SCHEME = "dicomweb:"
"""Of the names of studies and films in the archive: dicomweb:STUDY-UID, dicomweb:STUDY-UID/INSTANCE-UID."""


@dataclass(frozen=True)
class Terms:
    """The settings under which films are read; `choice` holds them all, those that are None as the card says.

    site: the profile that films are read by.
    """

    prevalence: float = DEFAULT_PREVALENCE
    choice: Choice = field(default_factory=Choice)
    site: SiteProfile | None = None

    def __post_init__(self) -> None:
        if not 0 < self.prevalence < 1:
            raise SettingsError(
                thing=f"prevalence {self.prevalence:g}", accepted="a number between 0 and 1 is accepted"
            )
        object.__setattr__(self, "choice", replace(self.choice, prevalence=self.prevalence))


@dataclass(frozen=True)
class Answer:
    """One film's answer.

    probability: of pneumonia at `prevalence`, in [0, 1]; None if the film is not assessable. lowest, highest: the same
    over the film and its augmented views; None without either. threshold: of the operating point, at `prevalence`.
    reasons: sentences, the most important first.
    """

    verdict: Verdict
    probability: float | None
    lowest: float | None
    highest: float | None
    prevalence: float
    threshold: float
    operating_point: str
    error_rate: float
    reasons: tuple[str, ...]
    model: str
    version: str

    def parameters(self) -> tuple[str, ...]:
        """The settings as "name=value", for the algorithm identification (TID 4019)."""
        return (
            f"prevalence={self.prevalence:g}",
            f"operating_point={self.operating_point}",
            f"threshold={self.threshold:.4f}",
            f"error_rate={self.error_rate:g}",
        )


def answer_of(reading: Reading, model: Model, terms: Terms) -> Answer:
    """The answer that a reading gives under these terms. Raises SettingsError for a choice that the model lacks."""
    rules = Rules.of(model.card).at(terms.site)
    point = terms.choice.operating_point or rules.default.operating_point
    error_rate = terms.choice.error_rate if terms.choice.error_rate is not None else rules.default.error_rate

    def here(probability: float) -> float:
        return rules.number(min(float(probability), 1.0), terms.choice)

    views = reading.prediction.view_probabilities if reading.prediction else None
    views = None if views is None else moved(views, rules.shift)
    known = reading.probability is not None and views is not None and len(views) > 1
    return Answer(
        verdict=reading.verdict,
        probability=None if reading.probability is None else here(reading.probability),
        lowest=here(np.min(views)) if known and views is not None else None,
        highest=here(np.max(views)) if known and views is not None else None,
        prevalence=terms.prevalence,
        threshold=here(reading.threshold),
        operating_point=str(point),
        error_rate=float(error_rate or 0),
        reasons=reading.reasons,
        model=reading.model,
        version=reading.version,
    )
