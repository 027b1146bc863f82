"""DeLong's structural components and covariance from the definition, and random scores to compare with."""

import math

import numpy as np

from cxr_core.metrics.scores import Scores
from tests.support.random_scores import random_scores


def rescored(scores, seed):
    """Another system's scores on the same films, correlated with the first's."""
    noise = np.random.default_rng(seed + 10_000).normal(scale=0.2, size=len(scores))
    return Scores(scores.labels, np.clip(scores.scores + noise, 0, 1), scores.patients, scores.files)


def all_pairs(scores):
    """V10 and V01 of DeLong et al. 1988 from every pair of a pneumonia film and a normal film."""
    pneumonia, normal = scores.scores[scores.labels == 1], scores.scores[scores.labels == 0]
    kernel = [[1.0 if x > y else 0.5 if x == y else 0.0 for y in normal] for x in pneumonia]
    return [math.fsum(row) / len(normal) for row in kernel], [
        math.fsum(column) / len(pneumonia) for column in zip(*kernel, strict=True)
    ]


def covariance(first, second):
    centre_first, centre_second = math.fsum(first) / len(first), math.fsum(second) / len(second)
    products = [(a - centre_first) * (b - centre_second) for a, b in zip(first, second, strict=True)]
    return math.fsum(products) / (len(first) - 1) / len(first)


def both_classes_twice(seed):
    scores = random_scores(seed)
    return scores if min(scores.pneumonia, scores.normal) > 1 else both_classes_twice(seed + 5000)
