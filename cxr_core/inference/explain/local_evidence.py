"""Local evidence for pneumonia: a linear discriminant at each cell of a network's feature map.

The features of normal films at a cell are modelled as a Gaussian (PaDiM: Defard et al. 2021, arXiv:2011.08785). The
evidence is the log-likelihood ratio of films labelled pneumonia, with the same covariance, to normal films (Fisher
1936, doi 10.1111/j.1469-1809.1936.tb02137.x): a linear probe of the layer (Alain & Bengio 2016, arXiv:1610.01644).
`benchmarks/accuracy/heatmap.py` measures how well it finds pasted opacities, compared with Grad-CAM and LayerCAM.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxr_core.errors import work_error
from cxr_core.limits import read_arrays

MIN_CORRELATION = 0.3  # below it, no heatmap is given


@dataclass(frozen=True, eq=False)
class LocalEvidence:
    """The discriminant fitted for one network. Feature maps are `float32 (N, h, w, C)`.

    centre: `float32 (h, w, C)`, the mean feature map of normal films.
    direction, offset: `float32 (h, w, C)` and `float32 (h, w)`, of the discriminant.
    reference: the reference evidence, the median over films labelled pneumonia of a film's maximum evidence.
    """

    centre: np.ndarray
    direction: np.ndarray
    offset: np.ndarray
    reference: float

    def evidence(self, feature_map: np.ndarray) -> np.ndarray:
        """The log-likelihood ratios (natural logarithm) of pneumonia to normal, `float32 (N, h, w)`."""
        projected: np.ndarray = np.einsum("nhwc,hwc->nhw", feature_map - self.centre, self.direction)
        result: np.ndarray = projected - self.offset
        return result

    def correlation(self, feature_map: np.ndarray) -> np.ndarray:
        """Pearson's correlation of each film's feature map with the mean of normal films, `float64 (N,)` in [-1, 1].

        It is far above 0 for the network that this was fitted to, and near 0 for a network with randomised weights,
        whose heatmap would mean nothing (Adebayo et al. 2018, arXiv:1810.03292).
        """
        centre = self.centre.ravel() - self.centre.mean()
        rows = feature_map.reshape(len(feature_map), -1)
        rows = rows - rows.mean(axis=1, keepdims=True)
        size = np.linalg.norm(rows, axis=1) * np.linalg.norm(centre)
        correlation: np.ndarray = np.divide(rows @ centre, size, out=np.zeros(len(rows)), where=size > 0)
        return correlation

    def save(self, file: Path) -> None:
        """Write an `.npz` of the four fields."""
        np.savez(file, centre=self.centre, direction=self.direction, offset=self.offset, strong=self.reference)


def read_local_evidence(file: Path) -> LocalEvidence:
    """Read a file written by `save`. Raises WorkError if it is missing or damaged."""
    try:
        parts = read_arrays(file)
        return LocalEvidence(parts["centre"], parts["direction"], parts["offset"], float(parts["strong"]))
    except (ValueError, KeyError, TypeError) as error:
        raise work_error(file, "cannot be loaded", error) from error
