"""The heatmap of a network whose answer is pooled from an evidence map: what is shown is what decided.

A cell's logit is calibrated as the film's is, to the logarithm of how many times likelier pneumonia is than normal.
"""

from dataclasses import dataclass

import numpy as np

from cxr_core.models.card import ModelCard

LAYER = "evidence"
METHOD = (
    "The network's own evidence map: the film's answer is pooled from these cells (log-mean-exp). Heat is tanh(x / 2) "
    "of a cell's calibrated log-likelihood ratio x, 0 where it speaks for normal; mean of film and mirror image."
)
MOST_RANDOM_CORRELATION = 0.2


@dataclass(frozen=True)
class EvidenceMap:
    """How cells become heat: x = slope x cell + intercept, a log-likelihood ratio. shown: whether it may be shown."""

    slope: float
    intercept: float
    shown: bool = True

    def heat(self, cells: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """The heat of a film, `float32 (h, w)` in [0, 1]: 0 where it speaks for normal, 1 where it cannot speak more.

        cells, mirrored: `float32 (h, w)`, logits of the film's cells and of its mirror image's.
        """
        ratio = self.slope * (cells + mirrored[:, ::-1]) / 2 + self.intercept
        heat: np.ndarray = np.maximum(np.tanh(ratio / 2), 0).astype(np.float32)
        return heat


def read_evidence_map(card: ModelCard) -> EvidenceMap | None:
    """What a model's card says of its evidence map; None for a network without one."""
    heatmap = card.heatmap
    if heatmap is None or heatmap.layer != LAYER:
        return None
    return EvidenceMap(heatmap.slope, heatmap.intercept, heatmap.shown)
