"""How often the interval of a site's recalibrated threshold holds the threshold that is right there.

    OMP_NUM_THREADS=1 python -m benchmarks.accuracy.acceptance_coverage

Each simulation makes a system whose scores are calibrated, and a hospital where their logits are shifted; patients have
one to three films that are alike. The hospital labels some films and recalibrates. The right threshold is the one that
calls as many of a million fresh films of each class as the released one did before the shift: the released one, moved
by the shift. Wanted: the interval holds it 93 to 97 times of 100, and the shift is found.
"""

import argparse

import numpy as np
from scipy.special import expit

from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.site_acceptance import expanded_level, logit_shift, moved

SPREAD, SHARED, PREVALENCE, THRESHOLD = 2.5, 0.3, 0.74, 0.42


def hospital(seed: int, films: int, shift: float, prevalence: float) -> Scores:
    """Films whose calibrated logits, at PREVALENCE, are shifted; SHARED of the variance is the patient's."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(films), rng.integers(1, 4, size=films))[:films]
    labels = (rng.random(films) < prevalence)[patients]
    noise = np.sqrt(SHARED) * rng.normal(size=films)[patients] + np.sqrt(1 - SHARED) * rng.normal(size=films)
    # Normal logits with means d^2 / 2 apart on either side and variance d^2 are calibrated (binormal model).
    logits = SPREAD**2 * (labels - 0.5) + SPREAD * noise + np.log(PREVALENCE / (1 - PREVALENCE))
    return Scores(labels, expit(logits + shift), patients)


def main() -> None:
    """Print the coverage for sites of several sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first simulation")
    parser.add_argument("--shift", type=float, default=1.5)
    parser.add_argument("--prevalence", type=float, default=0.5, help="at the hospital")
    parser.add_argument("--films", type=int, nargs="+", default=[50, 100, 200, 500])
    given = parser.parse_args()
    right = float(expit(np.log(THRESHOLD / (1 - THRESHOLD)) + given.shift))
    print(
        f"shift {given.shift:g} logits, released threshold {THRESHOLD:g}, right one here {right:.3f}, pneumonia "
        f"{PREVALENCE:.0%} there and {given.prevalence:.0%} here; {given.simulations} simulations, {given.draws} draws"
    )
    for films in given.films:
        held = found = 0
        for seed in range(given.seed, given.seed + given.simulations):
            scores = hospital(seed, films, given.shift, given.prevalence)
            statistic = {"shift": logit_shift(scores, PREVALENCE)}
            level = expanded_level(scores, given.draws)
            shift = clustered_bootstrap(scores, statistic, given.draws, seed, level)["shift"]
            threshold = moved(THRESHOLD, shift)
            if threshold.low is not None and threshold.high is not None:
                held += threshold.low <= right <= threshold.high
                found += shift.low is not None and shift.low > 0
        figure = wilson(held, given.simulations)
        print(
            f"{films:4} films  {figure.value:.1%} of intervals hold it ({figure.low:.1%} to {figure.high:.1%}); "
            f"the shift is found in {found / given.simulations:.1%}"
        )


if __name__ == "__main__":
    main()
