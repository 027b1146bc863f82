"""Patient-clustered bootstrap intervals: patients are resampled, not films, since films of one patient are alike."""

from collections.abc import Iterator, Mapping

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.metrics.estimate import Estimate, missing
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import Statistic

METHOD = "patient-clustered bootstrap"
DRAWS = 2000  # of every interval that is shown, so that a figure has one interval wherever it stands
# Weights in one batch of draws: 250,000 numbers of 8 bytes, 2 MB, which fit into the processor's cache.
BATCH_WEIGHTS = 250_000


def clustered_bootstrap(
    scores: Scores, statistics: Mapping[str, Statistic], draws: int = DRAWS, seed: int = 0, level: float = 0.95
) -> dict[str, Estimate]:
    """Each statistic with its percentile interval over draws of whole patients, with replacement.

    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13. Patients as the unit: Davison and Hinkley,
    Bootstrap Methods and their Application, 1997, 3.8; Field and Welsh, J R Stat Soc B 2007; 69:369-390.
    statistics: see `weighted_statistics`. A draw in which a statistic is undefined (one class only) is left out and
    counted. There is no interval, and `reason` says why, with one patient, if half of the draws or more were undefined,
    or if all draws agree: then the films are too few or too similar to show how uncertain the value is.
    The same arguments give the same estimates. Raises SettingsError unless draws >= 2 and 0 < level < 1.
    """
    return bootstrap(scores.patients, statistics, draws, seed, level)


def bootstrap(
    patients: np.ndarray, statistics: Mapping[str, Statistic], draws: int = 2000, seed: int = 0, level: float = 0.95
) -> dict[str, Estimate]:
    """As `clustered_bootstrap`, of any statistics of N films. patients: `str (N,)`, the patient of each film."""
    if draws < 2 or not 0 < level < 1:
        raise SettingsError(
            f"{draws} draws at level {level}",
            thing="bootstrap",
            accepted="at least 2 draws and a level in (0, 1) are accepted",
        )
    all_films = np.ones((1, len(patients)))
    values = {name: float(statistic(all_films)[0]) for name, statistic in statistics.items()}
    replicates: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    for weights in resample_patients(patients, draws, seed):
        for name, statistic in statistics.items():
            replicates[name].append(statistic(weights))
    different = len(np.unique(patients))
    return {
        name: _estimate(values[name], np.concatenate(replicates[name]), level, len(patients), different)
        for name in statistics
    }


def resample_patients(patients: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Weights `float64 (B, N)` in batches, `draws` rows in all: how often each film's patient was drawn.

    patients: `str (N,)`, the patient of each film.
    """
    names, patient_of_film = np.unique(patients, return_inverse=True)
    rng = np.random.default_rng(seed)
    batch = max(1, BATCH_WEIGHTS // len(patients))
    for start in range(0, draws, batch):
        rows = min(batch, draws - start)
        picks = rng.integers(len(names), size=(rows, len(names))) + len(names) * np.arange(rows)[:, None]
        counts = np.bincount(picks.ravel(), minlength=rows * len(names)).reshape(rows, len(names))
        yield counts.astype(np.float64)[:, patient_of_film]


def _estimate(value: float, replicates: np.ndarray, level: float, films: int, patients: int) -> Estimate:
    if not np.isfinite(value):
        return missing(METHOD, films, "The statistic is undefined for these films.")
    defined = replicates[np.isfinite(replicates)]
    undefined = len(replicates) - len(defined)
    if patients == 1:
        reason = "There is one patient only; an interval needs several."
    elif 2 * undefined >= len(replicates):
        reason = (
            f"The statistic was undefined in {undefined} of {len(replicates)} draws; "
            "the films are too few for an interval."
        )
    elif np.ptp(defined) < 1e-12:
        reason = "All draws give the same value, so they cannot show how uncertain it is."
    else:
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
        return Estimate(value, float(low), float(high), METHOD, films, undefined_draws=undefined)
    return Estimate(value, None, None, METHOD, films, reason, undefined)
