"""The result for one film: a verdict with its reasons."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.inference.gate.pixel_checks import Check
from cxr_core.inference.prediction import Prediction
from cxr_core.labels import Verdict


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
