"""What an answer means where pneumonia is rarer or commoner than among these films."""

import numpy as np

from cxr_core.errors import SettingsError
from cxr_core.metrics.bootstrap import clustered_bootstrap
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.weighted_statistics import counted, ratio


def predictive_values(
    scores: Scores, threshold: float, prevalence: float, draws: int = 1000, seed: int = 0
) -> dict[str, Estimate]:
    """`ppv` and `npv` at a prevalence, from sensitivity and specificity (Bayes; Altman and Bland, BMJ 1994; 309:102).

    It takes sensitivity and specificity to stay as they are, which holds if the sick and the healthy look alike in
    both places. Intervals from the patient-clustered bootstrap. Raises SettingsError unless 0 < prevalence < 1.
    """
    if not 0 < prevalence < 1:
        raise SettingsError(f"prevalence {prevalence}: a number between 0 and 1 is accepted.")

    def ppv(tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> np.ndarray:
        right, wrong = prevalence * ratio(tp, tp + fn), (1 - prevalence) * ratio(fp, tn + fp)
        return ratio(right, right + wrong)

    def npv(tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> np.ndarray:
        right, wrong = (1 - prevalence) * ratio(tn, tn + fp), prevalence * ratio(fn, tp + fn)
        return ratio(right, right + wrong)

    statistics = {"ppv": counted(scores, threshold, ppv), "npv": counted(scores, threshold, npv)}
    return clustered_bootstrap(scores, statistics, draws, seed)


def children_like_these(figure: Estimate, answer: str) -> str:
    """A predictive value as a count of children, with its interval: easier to grasp than a percentage
    (Gigerenzer et al., Psychol Sci Public Interest 2007; 8:53-96).

    answer: "pneumonia" for a PPV, "normal" for an NPV.
    """
    have = "have pneumonia" if answer == "pneumonia" else "have none"
    if figure.value is None:
        return f"No film is answered {answer} here, so nothing can be said of that answer."
    between = ""
    if figure.low is not None and figure.high is not None:
        low, high = _of_100(figure.low), _of_100(figure.high)
        between = f" ({low})" if low == high else f" ({low} to {high})"
    told = f"Of 100 children like these with the answer {answer}, {_of_100(figure.value)} {have}{between}."
    return told if between else f"{told} {figure.why}"


def _of_100(share: float) -> str:
    """A whole number of a hundred; none that claims certainty where there is none."""
    number = round(100 * share)
    if number == 100 and share < 1:
        return "more than 99"
    return "under 1" if number == 0 and share > 0 else str(number)
