"""Whether a film shows a child or an adult, as far as its pixels tell.

A linear function of the gate's features and of the film in 20 x 20 cells estimates the logarithm of the age. It was
fitted on children of one hospital, and on children and adults of another, so that it cannot just tell hospitals apart
(`publishing.publish_age_groups`). Between its two limits it tells neither.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np

from cxr_core.imaging.gate_input import age_inputs
from cxr_core.limits import read_arrays

AgeGroup = Literal["child", "adult"]
FILE = "age.npz"


@dataclass(frozen=True, eq=False)
class AgeGroups:
    """weights `float64 (400 + C,)` and bias: of `age_inputs`, they give the logarithm of an age in years.

    The estimate leans towards the middle of the ages and is no age to show: up to `child_to` years it stands for a
    child, from `adult_from` years for an adult.
    """

    weights: np.ndarray
    bias: float
    child_to: float
    adult_from: float

    @classmethod
    def of(cls, folder: Path, limits: tuple[float, float]) -> Self:
        """Those of a gate's folder. limits: `child_to` and `adult_from`. Raises KeyError and as `read_arrays`."""
        arrays = read_arrays(folder / FILE)
        return cls(arrays["weights"], float(arrays["bias"]), *limits)

    def years(self, inputs: np.ndarray, features: np.ndarray) -> np.ndarray:
        """The estimates, `float64 (N,)` in years; inputs and features as for `age_inputs`."""
        years: np.ndarray = np.exp(age_inputs(inputs, features) @ self.weights + self.bias)
        return years

    def tell(self, inputs: np.ndarray, features: np.ndarray) -> list[AgeGroup | None]:
        """The age group of each film, None where it cannot be told; inputs and features as for `age_inputs`."""
        return [
            "child" if years <= self.child_to else "adult" if years >= self.adult_from else None
            for years in self.years(inputs, features)
        ]
