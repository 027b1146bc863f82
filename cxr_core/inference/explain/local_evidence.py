"""Where in a film a network's features speak for pneumonia: a linear discriminant at each place of a middle layer.

How the features of normal films vary at a place is a Gaussian (PaDiM: Defard et al. 2021, arXiv:2011.08785); what
speaks for pneumonia there is the log-likelihood ratio to films labelled pneumonia with the same covariance (Fisher
1936, doi 10.1111/j.1469-1809.1936.tb02137.x), a linear probe of the layer (Alain & Bengio 2016, arXiv:1610.01644).
`benchmarks/accuracy/heatmap.py` measures how it finds pasted opacities, beside Grad-CAM and LayerCAM.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cxr_core.errors import WorkError

LEAST_AGREEMENT = 0.3


@dataclass(frozen=True, eq=False)
class LocalEvidence:
    """What was fitted for one network; layer outputs are `float32 (N, h, w, C)`.

    centre: `float32 (h, w, C)`, the mean output for normal films.
    direction: `float32 (h, w, C)`, and offset: `float32 (h, w)`: the discriminant.
    strong: the median, over films labelled pneumonia, of the ratio at the strongest place.
    """

    centre: np.ndarray
    direction: np.ndarray
    offset: np.ndarray
    strong: float

    def of(self, outputs: np.ndarray) -> np.ndarray:
        """The log-likelihood ratios of pneumonia to normal, `float32 (N, h, w)`."""
        return np.einsum("nhwc,hwc->nhw", outputs - self.centre, self.direction) - self.offset

    def agreement(self, outputs: np.ndarray) -> np.ndarray:
        """Pearson's correlation of each film's outputs with the mean of normal films, `float64 (N,)`.

        Far above 0 for the network that this was fitted to, within chance of 0 for one with randomised weights, whose
        heatmap would mean nothing (Adebayo et al. 2018, arXiv:1810.03292): a heatmap is shown from LEAST_AGREEMENT on.
        """
        centre = self.centre.ravel() - self.centre.mean()
        rows = outputs.reshape(len(outputs), -1)
        rows = rows - rows.mean(axis=1, keepdims=True)
        size = np.linalg.norm(rows, axis=1) * np.linalg.norm(centre)
        return np.divide(rows @ centre, size, out=np.zeros(len(rows)), where=size > 0)

    def save(self, file: Path) -> None:
        """Write an `.npz` of the four parts."""
        np.savez(file, centre=self.centre, direction=self.direction, offset=self.offset, strong=self.strong)


def read_local_evidence(file: Path) -> LocalEvidence:
    """What `save` wrote. Raises WorkError if the file is missing or damaged."""
    try:
        with np.load(file, allow_pickle=False) as parts:
            return LocalEvidence(parts["centre"], parts["direction"], parts["offset"], float(parts["strong"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise WorkError(f"{file}: cannot be loaded ({error}).") from error
