"""The words for probabilities and heatmaps that clinicians read."""

from cxr_core.inference.reading import Reading
from cxr_core.labels import Verdict

FAINT = 0.2  # of the strongest heat there can be; hardly to be seen on the screen


def percent(share: float) -> str:
    """A probability for people: never a certainty."""
    if share > 0.99:
        return "> 99%"
    return "< 1%" if share < 0.01 else f"{share:.0%}"


def in_words(probability: float, verdict: Verdict) -> str:
    """The probability of pneumonia in the lexicon of Panicek and Hricak (AJR 2016; 207:2-3).

    Where its words would speak against the verdict, which goes by the operating point: on which side of it the film is.
    """
    if verdict == "normal" and probability > 0.375:
        return "below the threshold"
    if verdict == "pneumonia" and probability <= 0.375:
        return "not below the threshold"
    if probability > 0.9:
        return "consistent with pneumonia"
    if probability > 0.625:
        return "probable pneumonia"
    if probability > 0.375:
        return "possible pneumonia"
    if probability >= 0.1:
        return "pneumonia less likely"
    return "pneumonia unlikely"


def heat_in_words(reading: Reading) -> str:
    """What the heatmap means, for who sees it; nothing where there is none."""
    if reading.heatmap is None or reading.findings is None:
        return ""
    inside = reading.findings.heat_in_lungs
    if inside is None or reading.heatmap.max() < FAINT:
        return "Hardly any heat: nowhere does the film look to the network much more like pneumonia than like normal."
    where = f"{inside:.0%} of the heat lies inside the lungs"
    if inside < 0.5:
        where = f"most of the heat, {1 - inside:.0%}, lies outside the lungs"
    return (
        "Heat is where the film looks to the network more like films with pneumonia than like normal ones. It is no "
        f"proof of disease there: {where}, as far as they can be told."
    )
