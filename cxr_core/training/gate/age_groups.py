"""Fits what tells a child's film from an adult's: a ridge regression, and the two limits on its estimates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from cxr_core.imaging.dicom.age import ADULT_FROM, CHILD_BELOW

# Chosen, as the inputs were, by the AUROC of children against adults of one hospital, in five folds of its patients.
YOUNG_WEIGHT, ADOLESCENT_WEIGHT = 20.0, 10.0  # of a film, where an adult's counts 1: they are few
SHARE_OF_CHILDREN_ALONE = 0.25  # weight of the sources without adults, beside that of the others
RIDGE = 1.0
WRONG_ADULTS, WRONG_CHILDREN = 0.01, 0.1  # largest shares told to be of the other group, of the children by source
FOLDS, REPEATS, SEED = 5, 5, 0


@dataclass(frozen=True, eq=False)
class AgedFilms:
    """N films. inputs: `float (N, F)`, see `age_inputs`. ages: `float (N,)` in years. sources, patients: `str (N,)`."""

    inputs: np.ndarray
    ages: np.ndarray
    sources: np.ndarray
    patients: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """What each film counts in the fit, `float (N,)`, 1 in the mean."""
        weights = np.where(
            self.ages < CHILD_BELOW, YOUNG_WEIGHT, np.where(self.ages < ADULT_FROM, ADOLESCENT_WEIGHT, 1.0)
        )
        alone = ~np.isin(self.sources, np.unique(self.sources[self.ages >= ADULT_FROM]))
        if alone.any():
            weights[alone] = SHARE_OF_CHILDREN_ALONE * weights[~alone].sum() / alone.sum()
        normalised: np.ndarray = weights / weights.mean()
        return normalised


@dataclass(frozen=True, eq=False)
class FittedAges:
    """weights, bias, child_to, adult_from: see `AgeGroups`. told: by source and age group, how many films of other
    patients than those of the fit are told to be of a child, of an adult, or neither.
    """

    weights: np.ndarray
    bias: float
    child_to: float
    adult_from: float
    told: dict[str, dict[str, dict[str, int]]]


def estimated_ages(films: AgedFilms, cells: int) -> np.ndarray:
    """The estimate of each film by fits without its patient, `float (N,)` in years, the geometric mean over REPEATS.

    cells: how many of the inputs are cells of the film; the others are features. Both count alike.
    """
    logarithms = np.zeros(len(films.ages))
    for repeat in range(REPEATS):
        folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for others, fold in folds.split(films.inputs, groups=films.patients):
            weights, bias = _regression(films, others, cells)
            logarithms[fold] += (films.inputs[fold] @ weights + bias) / REPEATS
    years: np.ndarray = np.exp(logarithms)
    return years


def fit_ages(films: AgedFilms, cells: int) -> FittedAges:
    """Fit to all films; the limits to `estimated_ages`, which see `cells`."""
    estimates = estimated_ages(films, cells)
    child, adult = films.ages < CHILD_BELOW, films.ages >= ADULT_FROM
    child_to = float(np.quantile(estimates[adult], WRONG_ADULTS, method="lower"))
    sources = np.unique(films.sources)
    by_source = [estimates[child & (films.sources == source)] for source in sources]
    adult_from = max(np.quantile(one, 1 - WRONG_CHILDREN, method="higher") for one in by_source if len(one))
    adult_from = float(np.nextafter(adult_from, np.inf))
    told = np.where(estimates <= child_to, "child", np.where(estimates >= adult_from, "adult", "neither"))
    groups = {"child": child, "between": ~child & ~adult, "adult": adult}
    counts = {
        str(source): {
            name: {what: int((told[rows] == what).sum()) for what in ("child", "adult", "neither")}
            for name, group in groups.items()
            if (rows := group & (films.sources == source)).any()
        }
        for source in sources
    }
    weights, bias = _regression(films, np.arange(len(films.ages)), cells)
    return FittedAges(weights, bias, child_to, adult_from, counts)


def _regression(films: AgedFilms, rows: np.ndarray, cells: int) -> tuple[np.ndarray, float]:
    """Weights `float (F,)` and bias that give the logarithm of the age, fitted to these rows."""
    inputs: Any = films.inputs[rows]
    width = inputs.shape[1]
    scale = (inputs.std(axis=0) + 1e-6) * np.sqrt(np.where(np.arange(width) < cells, cells, max(width - cells, 1)))
    middle = inputs.mean(axis=0)
    fitted = Ridge(alpha=RIDGE).fit(
        (inputs - middle) / scale, np.log(films.ages[rows]), sample_weight=films.weights[rows]
    )
    weights = fitted.coef_ / scale
    return weights, float(fitted.intercept_ - middle @ weights)
