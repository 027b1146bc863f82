"""The words for probabilities and heatmaps that clinicians read."""

from cxr_core.inference.reading import Reading
from cxr_core.languages import message
from cxr_core.languages import percent as percentage

FAINT = 0.2  # of the maximum of 1: a heatmap with a lower peak is barely visible on the screen


def percent(share: float) -> str:
    """A probability in [0, 1] as a percentage, "< 1%" or "> 99%" at the ends: never a certainty."""
    if share > 0.99:
        return "> 99%"
    return "< 1%" if share < 0.01 else f"{share:.0%}"


def heatmap_in_words(reading: Reading) -> str:
    """What the heatmap shows and does not show; "" without a heatmap."""
    if reading.heatmap is None or reading.prediction is None:
        return ""
    inside = reading.prediction.heat_in_lungs
    if inside is None or reading.heatmap.max() < FAINT:
        return message("The heatmap is almost empty: no part of the film clearly resembles films with pneumonia.")
    if inside < 0.5:
        return message(
            "The heatmap marks where the film resembles films with pneumonia more than normal ones. It does not prove "
            "disease there: most of the heat ({share}) is outside the estimated lung fields.",
            share=percentage(1 - inside),
        )
    return message(
        "The heatmap marks where the film resembles films with pneumonia more than normal ones. It does not prove "
        "disease there: {share} of the heat is inside the estimated lung fields.",
        share=percentage(inside),
    )
