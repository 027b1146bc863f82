"""The heatmap of a network whose answer is pooled from the logits of cells of the film: what is shown is what decided.

A cell's logit is calibrated as the film's is, to the logarithm of how many times likelier pneumonia is than normal.
"""

from dataclasses import dataclass

import numpy as np

from cxr_core.models.card import ModelCard

MEAN = "mean"  # a card's `pooling`; without one it is log-mean-exp


@dataclass(frozen=True)
class EvidenceMap:
    """How cells become heat: x = slope x cell + intercept, a log-likelihood ratio, natural logarithm.

    shown: whether it may be shown. mean: whether the film's logit is the mean of its cells. Each then counts by its x,
    and the heat of a film is in proportion to x. Where the pooling follows the highest cells, heat is tanh(x / 2) of
    each; of a mean, that is near 1 almost everywhere on a film with pneumonia (docs/model.md).
    """

    slope: float
    intercept: float
    shown: bool = True
    mean: bool = False

    def heat(self, cells: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """The heat of a film, `float32 (h, w)` in [0, 1]: 0 where it speaks for normal, 1 where it cannot speak more.

        The highest cell has a heat of tanh(x / 2) by either pooling.
        cells, mirrored: `float32 (h, w)`, logits of the film's cells and of its mirror image's.
        """
        ratio = np.maximum(self.slope * (cells + mirrored[:, ::-1]) / 2 + self.intercept, 0)
        heat = np.tanh(ratio / 2)
        if self.mean and ratio.max() > 0:
            heat = ratio * (heat.max() / ratio.max())
        result: np.ndarray = heat.astype(np.float32)
        return result


def read_evidence_map(card: ModelCard) -> EvidenceMap | None:
    """What a model's card says of its cells; None for a network without any, and for the card of an earlier version."""
    heatmap = card.heatmap
    if heatmap is None or heatmap.slope is None or heatmap.intercept is None:
        return None
    return EvidenceMap(heatmap.slope, heatmap.intercept, heatmap.shown, heatmap.pooling == MEAN)
