"""Probabilities and heatmaps in words."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.imaging.lungs import lung_fields, reduced
from cxr_core.inference.explain.heatmap import share_inside
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import heatmap_in_words, percent


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.0, "< 1%"), (0.01, "1%"), (0.505, "50%"), (0.99, "99%"), (0.991, "> 99%"), (1.0, "> 99%")],
)
def test_a_percentage_is_never_a_certainty(probability: float, text: str) -> None:
    assert percent(probability) == text


@pytest.mark.parametrize(
    ("peak", "in_lungs", "text"),
    [
        (1.0, 0.8, "80% of the heat is inside the estimated lung fields"),
        (1.0, 0.17, "most of the heat (83%) is outside the estimated lung fields"),
        (0.1, 0.0, "The heatmap is almost empty"),
        (0.0, None, "The heatmap is almost empty"),
    ],
)
def test_a_heatmap_in_words(peak: float, in_lungs: float | None, text: str) -> None:
    heatmap = np.full((4, 4), peak, np.float32)
    prediction = Prediction("a.png", "0" * 64, heatmap=heatmap)
    vars(prediction)["heat_in_lungs"] = in_lungs  # as if computed
    reading = Reading("a.png", "0" * 64, "normal", 0.1, 0.5, (), heatmap, "model", "0", 0.1, prediction=prediction)
    words = heatmap_in_words(reading)
    assert text in words
    assert ("does not prove disease" in words) == (peak == 1)
    assert heatmap_in_words(replace(reading, heatmap=None)) == ""


def test_the_share_of_heat_in_the_lungs_is_that_of_the_reduced_film() -> None:
    film, heatmap = np.full((90, 70), 100, np.uint8), np.zeros((16, 16), np.float32)
    heatmap[7, 4:9] = 1
    prediction = Prediction("a.png", "0" * 64, heatmap=heatmap, reduced=reduced(film))
    assert prediction.heat_in_lungs == share_inside(heatmap, lung_fields(film))
    assert replace(prediction, reduced=None).heat_in_lungs is None
