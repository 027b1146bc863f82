"""Pictures of a model's known failures, on the synthetic films that are shipped with the app.

    python -m benchmarks.accuracy.known_failures [--model NAME] --out models/NAME/known_failures

Each kind of failure is shown on that of the six sample films on which it is largest, with the model's probabilities.
Writes a picture for each kind, the film before and after, and `failures.json` with the captions. No patient's film is
shown.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy.synthetic_opacities import pasted
from benchmarks.speed.reading_speed import score
from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.augmented_views import all_views
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.wording import percent
from cxr_core.models.registry import find_model

SIDE = (1000, 800)  # pixels, a usual size of films
PICTURE = (300, 240)  # pixels
BLUR = 0.003  # of the width; the gate admits it
HEAT_OPACITY, MIN_PEAK = 0.5, 0.5

Failure = tuple[np.ndarray, np.ndarray, str]
"""A film as it is, the film on which the model fails, and the caption."""


def main() -> None:
    """Write pictures and captions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    predictor, samples = Predictor(find_model(arguments.model)), [read_film(path) for path in sample_films()]
    films = [replace(film, pixels=cv2.resize(film.pixels, SIDE)) for film in samples]
    arguments.out.mkdir(parents=True, exist_ok=True)
    failures = []
    kinds = {"soft": blurred_film, "moved": shifted_film, "opacity": single_opacity, "elsewhere": heat_outside_lungs}
    for name, find in kinds.items():
        before, after, caption = find(predictor, films)
        picture = f"{name}.png"
        cv2.imwrite(str(arguments.out / picture), np.hstack([_small(one) for one in (before, after)]))
        failures.append({"picture": picture, "said": caption})
        print(f"{picture}: {caption}")
    (arguments.out / "failures.json").write_text(json.dumps(failures, indent=1) + "\n")


def _small(picture: np.ndarray) -> np.ndarray:
    """A picture, grey `(H, W)` or RGB, as BGR of the size PICTURE."""
    colours = cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR
    return cv2.resize(cv2.cvtColor(picture, colours), PICTURE, interpolation=cv2.INTER_AREA)


def blurred_film(predictor: Predictor, films: list[Film]) -> Failure:
    """A blurred normal film is called pneumonia."""
    sharp = [film.pixels for film in films]
    blurred = [cv2.GaussianBlur(pixels, (0, 0), BLUR * pixels.shape[1]) for pixels in sharp]
    before, after = score(predictor, sharp), score(predictor, blurred)
    worst = int(np.argmax(after - before))
    caption = (
        f"Blur, for example motion blur, may look like pneumonia: from {percent(before[worst])} to "
        f"{percent(after[worst])} here, with a blur of {BLUR:.1%} of the width. Films with much more blur are refused."
    )
    return sharp[worst], blurred[worst], caption


def shifted_film(predictor: Predictor, films: list[Film]) -> Failure:
    """The probability changes when the film is shifted or mirrored."""
    inputs = np.stack([predictor.preprocessing.apply(film.pixels) for film in films])
    _, views = predictor.probabilities_by_view(inputs)
    view, worst = np.unravel_index(np.argmax(np.abs(views - views[0])), views.shape)
    caption = (
        f"The probability may change when the film is mirrored or shifted slightly: from {percent(views[0, worst])} to "
        f"{percent(views[view, worst])} here. If it varies widely around the threshold, the answer is uncertain."
    )
    return films[worst].pixels, all_views(inputs[[worst]], predictor.rules.mirror)[view], caption


def single_opacity(predictor: Predictor, films: list[Film]) -> Failure:
    """A single opacity hardly changes the probability."""
    before = score(predictor, [film.pixels for film in films])
    normal = int(np.argmin(before))
    without = films[normal].pixels
    with_opacity, _ = pasted(without, np.random.default_rng(0))
    caption = (
        f"A single opacity may hardly change the probability: from {percent(before[normal])} to "
        f"{percent(score(predictor, [with_opacity])[0])} here, after one was pasted into a lung of a normal film."
    )
    return without, with_opacity, caption


def heat_outside_lungs(predictor: Predictor, films: list[Film]) -> Failure:
    """Heat is outside the lungs."""
    hot = [
        (one.heat_in_lungs, film.pixels, overlay(film.pixels, one.heatmap, HEAT_OPACITY))
        for one, film in zip(predictor.predict(films), films, strict=True)
        if one.heatmap is not None and one.heat_in_lungs is not None and one.heatmap.max() > MIN_PEAK
    ]
    inside, film, heated = min(hot, key=lambda one: one[0])
    return film, heated, f"Heat may be outside the lungs: {1 - inside:.0%} of it here. The page shows the share."


if __name__ == "__main__":
    main()
