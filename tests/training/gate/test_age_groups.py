"""The fit of age groups keeps to its limits on films of other patients, in each source."""

import numpy as np

from cxr_core.training.gate.age_groups import WRONG_ADULTS, WRONG_CHILDREN, AgedFilms, fit_ages

CHILDREN, ADULTS = 60, 300


def _films() -> AgedFilms:
    """One source of children alone, one of both; an input shows the age, with noise, another only the source."""
    rng = np.random.default_rng(0)
    ages = np.concatenate([np.full(200, 3.0), rng.uniform(4, 12, CHILDREN), rng.uniform(20, 80, ADULTS)])
    sources = np.array(["here"] * 200 + ["there"] * (CHILDREN + ADULTS))
    inputs = np.stack([np.log(ages) + rng.normal(0, 0.4, len(ages)), (sources == "here") * 1.0], axis=1)
    patients = np.array([f"{source}{i // 2}" for i, source in enumerate(sources)])
    return AgedFilms(inputs, ages, sources, patients)


def test_few_are_told_to_be_of_the_other_group() -> None:
    told = fit_ages(_films(), cells=1).told
    assert told["there"]["adult"]["child"] <= WRONG_ADULTS * ADULTS
    assert told["there"]["child"]["adult"] <= WRONG_CHILDREN * CHILDREN
    assert told["there"]["adult"]["adult"] > ADULTS / 2
    assert told["here"]["child"]["adult"] <= WRONG_CHILDREN * 200
    assert sum(told["here"]["child"].values()) == 200


def test_a_source_of_children_alone_weighs_a_quarter_of_the_others() -> None:
    films = _films()
    here = films.weights[films.sources == "here"].sum()
    assert np.isclose(here / films.weights[films.sources == "there"].sum(), 0.25)
    assert np.isclose(films.weights.mean(), 1)


def test_the_weights_give_the_logarithm_of_the_age() -> None:
    films = _films()
    fitted = fit_ages(films, cells=1)
    estimates = films.inputs @ fitted.weights + fitted.bias
    assert np.corrcoef(estimates, np.log(films.ages))[0, 1] > 0.85
