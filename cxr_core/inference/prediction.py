"""A model's output for one film, before an operating point makes a verdict of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cxr_core.imaging.lungs import lung_fields
from cxr_core.inference.explain.heatmap import share_inside
from cxr_core.inference.gate.pixel_checks import Refusal


@dataclass(frozen=True, eq=False)
class Prediction:
    """All that needs the network, computed once per film. `decision.decide` derives a `Reading` from it at no cost.

    refusal: why the gate refused the film, else None. A refused film has no probability and no heatmap.
    notes: sentences on corrections to the film (inverted grey scale) and on what the model does not give.
    age_notes: the sentence on an age outside the model's intended use, if there is one.
    inverted: whether the grey scale of the file was inverted, bones black; `255 - pixels` is the film as it was read.
    logit: final, before calibration. Of a refused film only if it was asked for, see `Predictor.predict_film`.
    probability: calibrated, of pneumonia, in [0, 1].
    averaged: whether `probability` is the mean over all views (see `test_time_augmentation`), not that of the film
        as it is.
    view_probabilities: `float64 (V,)` in [0, 1], for the film as it is, then for its mirror image if that is one of
        the `augmented_views`, then for its shifts; a film that is near to 0 or 1 in these is not shifted.
    heatmap: `float32 (h, w)` in [0, 1], see `explain.evidence_map`; None if the model cannot give one for this film.
    reduced: the film as its lung fields are estimated from it, see `imaging.lungs.reduced`; None without heat.
    features: `float32 (C,)`, to search for similar films.
    seconds: computing time, without decoding.
    """

    file: str
    sha256: str
    refusal: Refusal | None = None
    notes: tuple[str, ...] = ()
    age_notes: tuple[str, ...] = ()
    inverted: bool = False
    logit: float | None = None
    probability: float | None = None
    averaged: bool = False
    view_probabilities: np.ndarray | None = None
    heatmap: np.ndarray | None = None
    reduced: np.ndarray | None = None
    features: np.ndarray | None = None
    seconds: float = 0.0

    @cached_property
    def heat_in_lungs(self) -> float | None:
        """The share of the heat inside the estimated lung fields, in [0, 1]; None without heat.

        Computed when it is asked for: of many films only those on screen and in a report are.
        """
        if self.heatmap is None or self.reduced is None:
            return None
        return share_inside(self.heatmap, lung_fields(self.reduced))
