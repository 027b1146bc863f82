"""Known failures of a model, drawn: the synthetic films that come with the app, as they are and as it fails on them.

    python -m benchmarks.accuracy.known_failures [--model NAME] --out models/NAME/known_failures

Of the six sample films each kind is shown on the one on which it shows most, with the model's own probabilities there.
Writes a picture for each, and `failures.json` with what to say of it. No patient's film is shown.
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
from cxr_core.inference.augmented_views import views_of
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.wording import percent
from cxr_core.models.registry import find_model

SIDE = (1000, 800)  # pixels, as films usually come
SHOWN = (300, 240)
BLUR = 0.003  # of the width; the gate lets it pass
HEAT_OPACITY, HOT = 0.5, 0.5

Shown = tuple[np.ndarray, np.ndarray, str]
"""A film as it is, as the model fails on it, and what to say of it."""


def main() -> None:
    """Write pictures and sentences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    reader, samples = Predictor(find_model(asked.model)), [read_film(path) for path in sample_films()]
    films = [replace(film, pixels=cv2.resize(film.pixels, SIDE)) for film in samples]
    asked.out.mkdir(parents=True, exist_ok=True)
    told = []
    for find in (soft, moved, opacity, elsewhere):
        before, after, said = find(reader, films)
        picture = f"{find.__name__}.png"
        cv2.imwrite(str(asked.out / picture), np.hstack([_small(one) for one in (before, after)]))
        told.append({"picture": picture, "said": said})
        print(f"{picture}: {said}")
    (asked.out / "failures.json").write_text(json.dumps(told, indent=1) + "\n")


def _small(picture: np.ndarray) -> np.ndarray:
    """A picture, grey `(H, W)` or RGB, as BGR of the size SHOWN."""
    colours = cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR
    return cv2.resize(cv2.cvtColor(picture, colours), SHOWN, interpolation=cv2.INTER_AREA)


def soft(reader: Predictor, films: list[Film]) -> Shown:
    """A soft film is taken for a sick one."""
    sharp = [film.pixels for film in films]
    blurred = [cv2.GaussianBlur(pixels, (0, 0), BLUR * pixels.shape[1]) for pixels in sharp]
    before, after = score(reader, sharp), score(reader, blurred)
    worst = int(np.argmax(after - before))
    said = (
        f"A film made soft, by motion say, may look sick: from {percent(before[worst])} to {percent(after[worst])} "
        f"here, blurred by {BLUR:.1%} of its width. Much softer films are refused."
    )
    return sharp[worst], blurred[worst], said


def moved(reader: Predictor, films: list[Film]) -> Shown:
    """An answer turns when the film lies otherwise."""
    inputs = np.stack([reader.preprocessing.apply(film.pixels) for film in films])
    _, views = reader.answers_and_views(inputs)
    view, worst = np.unravel_index(np.argmax(np.abs(views - views[0])), views.shape)
    said = (
        f"An answer may turn when the film is mirrored or moved a little: from {percent(views[0, worst])} to "
        f"{percent(views[view, worst])} here. One that crosses the threshold by much is given as uncertain."
    )
    return films[worst].pixels, views_of(inputs[[worst]], reader.rules.mirror)[view], said


def opacity(reader: Predictor, films: list[Film]) -> Shown:
    """A single opacity hardly moves the answer."""
    before = score(reader, [film.pixels for film in films])
    normal = int(np.argmin(before))
    clear = films[normal].pixels
    sick, _ = pasted(clear, np.random.default_rng(0))
    said = (
        f"A single opacity may hardly move the answer: from {percent(before[normal])} to "
        f"{percent(score(reader, [sick])[0])} here, where one was drawn into a lung of a normal film."
    )
    return clear, sick, said


def elsewhere(reader: Predictor, films: list[Film]) -> Shown:
    """Heat lies outside the lungs."""
    hot = [
        (one.heat_in_lungs, film.pixels, overlay(film.pixels, one.heatmap, HEAT_OPACITY))
        for one, film in zip(reader.find(films), films, strict=True)
        if one.heatmap is not None and one.heat_in_lungs is not None and one.heatmap.max() > HOT
    ]
    inside, film, heated = min(hot, key=lambda one: one[0])
    return film, heated, f"Heat may lie outside the lungs: {1 - inside:.0%} of it here. The page says how much."


if __name__ == "__main__":
    main()
