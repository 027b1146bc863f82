"""A card's rules for answers, fitted on validation films of all sources: the strictest of the sources applies."""

from typing import Any

import numpy as np

from cxr_core.metrics.calibration import Platt, fit_platt
from cxr_core.metrics.conformal import upper_limit
from cxr_core.metrics.prevalence import DEFAULT_PREVALENCE
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.sources import (
    SourceScores,
    conformal_by_source,
    points_by_source,
    prevalence_of,
    weights_by_source,
)

OPERATING_POINT = "balanced"
ERROR_RATE = 0.1
ERROR_RATES = (0.02, 0.05, 0.1, 0.2)
OTHER_CALLED = 1 / 3  # of films of another disease, at most, may get the answer pneumonia


def fit_answer_rules(
    logits: np.ndarray,
    labels: np.ndarray,
    patients: np.ndarray,
    files: np.ndarray,
    sources: np.ndarray,
    other: np.ndarray,
) -> tuple[dict[str, Any], Scores]:
    """The card's entries `calibration`, `prevalence`, `operating_point`, `operating_points`, `conformal`, and
    `other_disease` where there are films of neither class.

    Of N validation films: logits `float (N,)`, labels `int (N,)`, patients, files and sources `str (N,)`. other: the
    logits of those of neither class, `float (M,)`. Returns the calibrated scores of the N as well. Raises DataSetError
    if all films have one label.
    """
    platt = fit_platt(logits, labels, weights_by_source(sources))
    scores = Scores(labels, platt.probability(logits), patients, files)
    found = SourceScores(scores, np.asarray(sources).astype(str))
    points, reached = points_by_source(found)
    limits, by_source = conformal_by_source(found, ERROR_RATES)
    rate = min(limits, key=lambda text: abs(float(text) - ERROR_RATE))
    names = sorted(set(found.sources.tolist()))
    alike = ", each source counted alike" if len(names) > 1 else ""
    rules: dict[str, Any] = {
        "calibration": {
            "method": f"Platt scaling (Platt 1999){alike}",
            "parameters": {"slope": platt.slope, "intercept": platt.intercept},
            "fitted_on": f"{len(scores)} films of the validation patients",
            "prevalence": prevalence_of(labels, sources),
        },
        "prevalence": DEFAULT_PREVALENCE,
        "operating_point": OPERATING_POINT,
        "operating_points": {name: point.to_dict() | {"by_source": reached[name]} for name, point in points.items()},
        "conformal": {
            "method": "class-conditional split conformal prediction (Vovk 2012), on the validation patients"
            + ("; of the sources' limits the strictest" if len(names) > 1 else ""),
            "error_rate": float(rate),
            "limits": limits[rate].to_dict(),
            "limits_by_error_rate": {text: limit.to_dict() for text, limit in limits.items()},
            "by_source": {
                source: {text: limit.to_dict() for text, limit in of_source.items() if text in limits}
                for source, of_source in by_source.items()
            },
        },
    }
    if len(other):
        rules["other_disease"] = {
            "pneumonia_above": upper_limit(platt.probability(other), OTHER_CALLED),
            "rule": "Of films that show another disease, at most a third lies above; a film up to it is not answered "
            "with pneumonia.",
            "fitted_on": f"{len(other)} films of neither class of the validation patients",
        }
    return rules, scores


def evidence_scale(platt: Platt, prevalence: float) -> dict[str, float]:
    """Slope and intercept that make a log-likelihood ratio of a logit: calibration without the films' prevalence."""
    return {"slope": platt.slope, "intercept": platt.intercept - float(np.log(prevalence / (1 - prevalence)))}
