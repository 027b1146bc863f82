"""What an answer means in a user's own ward, from the figures on a model's card and the ward's prevalence."""

from collections.abc import Mapping
from typing import Any

from cxr_core.errors import SettingsError
from cxr_core.metrics.estimate import Estimate

METHOD = "Bayes, from the ends of the intervals of sensitivity and specificity"


def ward_values(point: Mapping[str, Any], prevalence: float) -> tuple[Estimate, Estimate]:
    """PPV and NPV at a prevalence, from an operating point of a card (Bayes; Altman & Bland, BMJ 1994; 309:102).

    point: with `sensitivity` and `specificity`, each with value, low, high and n, as `card["operating_points"]` has
    them. The interval joins the worse and the better ends of both, so it is rather too wide. It is taken for granted
    that sensitivity and specificity are the same in the ward. `evaluation.prevalence.children_like_these` puts the
    figures into words. Raises SettingsError unless 0 < prevalence < 1 or if the point has no figures.
    """
    if not 0 < prevalence < 1:
        raise SettingsError(f"prevalence {prevalence}: a number between 0 and 1 is accepted.")
    try:
        pairs = [
            (float(point["sensitivity"][end]), float(point["specificity"][end])) for end in ("value", "low", "high")
        ]
        films = int(point["sensitivity"]["n"]) + int(point["specificity"]["n"])
    except (KeyError, TypeError, ValueError):
        raise SettingsError("operating point: sensitivity and specificity with their intervals are needed.") from None
    ppv = [_share(prevalence * se, (1 - prevalence) * (1 - sp)) for se, sp in pairs]
    npv = [_share((1 - prevalence) * sp, prevalence * (1 - se)) for se, sp in pairs]
    return _figure(ppv, films), _figure(npv, films)


def at_prevalence(probability: float, fitted: float, prevalence: float) -> float:
    """A probability that was calibrated where a share `fitted` had pneumonia, in a ward with another prevalence.

    The odds move by the ratio of the prior odds (Saerens et al. 2002, doi 10.1162/089976602753284446). probability in
    [0, 1], both prevalences in (0, 1); raises SettingsError otherwise.
    """
    if not (0 <= probability <= 1 and 0 < fitted < 1 and 0 < prevalence < 1):
        given = f"probability {probability}, prevalences {fitted} and {prevalence}"
        raise SettingsError(f"{given}: numbers between 0 and 1 are accepted.")
    ill = probability * prevalence / fitted
    return ill / (ill + (1 - probability) * (1 - prevalence) / (1 - fitted))


def _figure(values: list[float | None], films: int) -> Estimate:
    why = None if None not in values else "No film would be answered so."
    return Estimate(values[0], values[1], values[2], METHOD, films, why)


def _share(part: float, rest: float) -> float | None:
    return part / (part + rest) if part + rest > 0 else None
