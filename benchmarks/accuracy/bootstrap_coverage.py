"""How often a 95% bootstrap interval of the AUROC covers the true value when patients have several films.

    OMP_NUM_THREADS=1 python -m benchmarks.accuracy.bootstrap_coverage --simulations 400

Each simulation has patients with 1 to 8 films each. A film's logit is the sum of the effect of disease, a patient
effect shared by all films of the patient, and a film effect; so the true AUROC is known. The clustered bootstrap
resamples patients, the plain one films. Requirement: clustered 93 to 97 of 100, plain below 90.
"""

import argparse

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from cxr_core.metrics import weighted_statistics as weighted
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.scores import Scores

PATIENTS, MOST_FILMS, PREVALENCE = 200, 8, 0.5
DISEASE, PATIENT, FILM = 1.8, 1.0, 1.0
TRUTH = norm.cdf(DISEASE / np.sqrt(2 * (PATIENT**2 + FILM**2)))


def simulate(seed: int) -> Scores:
    """Films of PATIENTS patients, correlated within each."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(PATIENTS), rng.integers(1, MOST_FILMS + 1, size=PATIENTS))
    labels = (rng.random(PATIENTS) < PREVALENCE)[patients]
    patient_effect = rng.normal(scale=PATIENT, size=PATIENTS)[patients]
    logits = DISEASE * (labels - 0.5) + patient_effect + rng.normal(scale=FILM, size=len(patients))
    return Scores(labels, expit(logits), patients)


def covers(scores: Scores, draws: int, seed: int) -> bool:
    """Whether the interval of the AUROC covers TRUTH."""
    estimate = clustered_bootstrap(scores, {"auroc": weighted.auroc(scores)}, draws, seed)["auroc"]
    return estimate.low is not None and estimate.high is not None and estimate.low <= TRUTH <= estimate.high


def main() -> None:
    """Print both coverages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    covered = {"clustered": 0, "plain": 0}
    for seed in range(options.simulations):
        scores = simulate(seed)
        films = Scores(scores.labels, scores.scores, np.arange(len(scores)))
        covered["clustered"] += covers(scores, options.draws, seed)
        covered["plain"] += covers(films, options.draws, seed)
    print(f"true AUROC {TRUTH:.4f}; {options.simulations} simulations of {PATIENTS} patients, {options.draws} draws")
    for name, number in covered.items():
        coverage = wilson(number, options.simulations)
        print(f"{name:9}  {coverage.value:.1%} of intervals cover it ({coverage.low:.1%} to {coverage.high:.1%})")


if __name__ == "__main__":
    main()
