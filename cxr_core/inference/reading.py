"""The result for one film: a verdict with its reasons."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.inference.gate.pixel_checks import Check
from cxr_core.inference.prediction import Prediction
from cxr_core.labels import Verdict


@dataclass(frozen=True, eq=False)
class Reading:
    """A verdict on one film and the reasons for it.

    probability: calibrated, of pneumonia, in [0, 1]; None if the film is not assessable.
    threshold: a film with this probability or more is called pneumonia.
    reasons: sentences, the most important first.
    heatmap: `float32 (h, w)` in [0, 1], see `explain.evidence_map`; None if there is none.
    check: the check that failed, if the film is not assessable.
    seconds: computing time, without decoding.
    prevalence: the stated share of films with pneumonia. probability_here: of pneumonia, at that prevalence.
    prediction: the model's output; `decision.decide` derives another reading from it for another choice.
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
    prediction: Prediction | None = None
    prevalence: float | None = None
    probability_here: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `predict --json`; `heatmap` is None, for the caller to set when it writes the file."""
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
            "prevalence": self.prevalence,
            "probability_here": None if self.probability_here is None else round(self.probability_here, 6),
        }
