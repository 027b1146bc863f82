"""What was found on a film, before any choice of the user's makes a verdict of it."""

from dataclasses import dataclass

import numpy as np

from cxr_core.inference.gate.pixel_checks import Refusal


@dataclass(frozen=True, eq=False)
class Prediction:
    """Everything that costs time, computed once a film; `verdict.decide` turns it into a `Reading` at no cost.

    refusal: why the gate does not let the film pass, else None; with it there is no probability and no heatmap.
    notes: sentences about what was done to the film or about its use (turned right; an adult's film).
    inverted: whether the film came with black bones; it is to be shown inverted as well.
    probability: calibrated, of pneumonia, in [0, 1].
    second_look: whether the probability is made of all views, see `second_look`; else of the film as it is alone.
    views: `float64 (V,)`, the probability for the film itself and for its other views, see `stability`.
    heatmap: `float32 (h, w)` in [0, 1], see `heatmap.heatmap_of`; None where there is none to show.
    heat_in_lungs: share of the heat inside the estimated lung fields, in [0, 1]; None without heat.
    features: `float32 (C,)`, for finding similar films.
    seconds: of work, without decoding.
    """

    file: str
    sha256: str
    refusal: Refusal | None = None
    notes: tuple[str, ...] = ()
    inverted: bool = False
    probability: float | None = None
    second_look: bool = False
    views: np.ndarray | None = None
    heatmap: np.ndarray | None = None
    heat_in_lungs: float | None = None
    features: np.ndarray | None = None
    seconds: float = 0.0

    @property
    def spread(self) -> float | None:
        """Highest less lowest probability over the views, in [0, 1]."""
        return None if self.views is None else float(np.ptp(self.views))
