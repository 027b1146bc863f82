"""How often the interval of a site's recalibrated threshold covers the correct threshold.

    OMP_NUM_THREADS=1 python -m benchmarks.accuracy.acceptance_coverage

Each simulation has a system with calibrated scores, and a site where their logits are shifted; patients have one to
three films with correlated scores. The site labels some films and recalibrates. The correct threshold is the released
one, moved by the shift: it calls the same share of each class as the released threshold did before the shift.
Requirement: the interval covers it 93 to 97 times of 100, and the shift is found.
"""

import argparse

import numpy as np
from scipy.special import expit

from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.site_acceptance import expanded_level, logit_shift, shifted_threshold

SPREAD, SHARED, PREVALENCE, THRESHOLD = 2.5, 0.3, 0.74, 0.42


def site_scores(seed: int, films: int, shift: float, prevalence: float) -> Scores:
    """Films whose calibrated logits, at PREVALENCE, are shifted; SHARED of the variance is the patient's."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(films), rng.integers(1, 4, size=films))[:films]
    labels = (rng.random(films) < prevalence)[patients]
    noise = np.sqrt(SHARED) * rng.normal(size=films)[patients] + np.sqrt(1 - SHARED) * rng.normal(size=films)
    # Normal logits with means -d^2 / 2 and d^2 / 2 and variance d^2 are calibrated (binormal model).
    logits = SPREAD**2 * (labels - 0.5) + SPREAD * noise + np.log(PREVALENCE / (1 - PREVALENCE))
    return Scores(labels, expit(logits + shift), patients)


def main() -> None:
    """Print the coverage for sites with different numbers of films."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first simulation")
    parser.add_argument("--shift", type=float, default=1.5)
    parser.add_argument("--prevalence", type=float, default=0.5, help="at the site")
    parser.add_argument("--films", type=int, nargs="+", default=[50, 100, 200, 500])
    options = parser.parse_args()
    correct = float(expit(np.log(THRESHOLD / (1 - THRESHOLD)) + options.shift))
    print(
        f"shift {options.shift:g} logits, released threshold {THRESHOLD:g}, correct one here {correct:.3f}, pneumonia "
        f"{PREVALENCE:.0%} at calibration and {options.prevalence:.0%} here; {options.simulations} simulations, "
        f"{options.draws} draws"
    )
    for films in options.films:
        covered = found = 0
        for seed in range(options.seed, options.seed + options.simulations):
            scores = site_scores(seed, films, options.shift, options.prevalence)
            statistic = {"shift": logit_shift(scores, PREVALENCE)}
            level = expanded_level(scores, options.draws)
            shift = clustered_bootstrap(scores, statistic, options.draws, seed, level)["shift"]
            threshold = shifted_threshold(THRESHOLD, shift)
            if threshold.low is not None and threshold.high is not None:
                covered += threshold.low <= correct <= threshold.high
                found += shift.low is not None and shift.low > 0
        coverage = wilson(covered, options.simulations)
        print(
            f"{films:4} films  {coverage.value:.1%} of intervals cover it ({coverage.low:.1%} to {coverage.high:.1%}); "
            f"the shift is found in {found / options.simulations:.1%}"
        )


if __name__ == "__main__":
    main()
