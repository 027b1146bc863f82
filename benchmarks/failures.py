"""Known failures of a model, drawn: the synthetic films that come with the app, as they are and as it fails on them.

    python -m benchmarks.failures [--model NAME] --out models/NAME/known_failures

Of the six sample films each kind is shown on the one on which it shows most, with the model's own probabilities there.
Writes a picture for each, and `failures.json` with what to say of it. No patient's film is shown.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from benchmarks.opacities import pasted
from benchmarks.reading_speed import score
from cxr_core.data.decode import read_film
from cxr_core.data.demo import sample_films
from cxr_core.reading.heatmap import overlay
from cxr_core.reading.reader import Reader
from cxr_core.reading.registry import find_model
from cxr_core.reading.verdict import percent

SIDE = (1000, 800)  # of the films as they are read, pixels
SHOWN = (300, 240)
BLUR = 0.003  # of the width; the gate lets it pass
HEAT_OPACITY, HOT = 0.5, 0.5


def main() -> None:
    """Write pictures and sentences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    reader = Reader(find_model(asked.model))
    films = [cv2.resize(read_film(path).pixels, SIDE) for path in sample_films()]
    as_it_is = score(reader, films)
    asked.out.mkdir(parents=True, exist_ok=True)
    said = [find(reader, films, as_it_is, asked.out) for find in (blurred, moved, opacity, elsewhere)]
    (asked.out / "failures.json").write_text(json.dumps(said, indent=1) + "\n")
    print("\n".join(f"{one['picture']}: {one['said']}" for one in said))


def blurred(reader: Reader, films: list[np.ndarray], before: np.ndarray, out: Path) -> dict[str, str]:
    """A soft film is taken for a sick one."""
    soft = [cv2.GaussianBlur(film, (0, 0), BLUR * film.shape[1]) for film in films]
    after = score(reader, soft)
    worst = int(np.argmax(after - before))
    return shown(
        out / "soft.png",
        [films[worst], soft[worst]],
        f"A film made soft, by motion say, may look sick: from {percent(before[worst])} to {percent(after[worst])} "
        f"here, blurred by {BLUR:.1%} of its width. Much softer films are refused.",
    )


def moved(reader: Reader, films: list[np.ndarray], before: np.ndarray, out: Path) -> dict[str, str]:
    """An answer turns when the film lies otherwise."""
    views = reader.views(np.stack([reader.preprocessing.apply(film) for film in films]))
    worst = int(np.argmax(np.ptp(views, axis=0)))
    low, high = percent(views[:, worst].min()), percent(views[:, worst].max())
    step = np.array([[1, 0, 0.03 * SIDE[0]], [0, 1, 0.03 * SIDE[1]]], np.float32)
    aside = cv2.warpAffine(films[worst], step, SIDE, borderMode=cv2.BORDER_REPLICATE)
    return shown(
        out / "moved.png",
        [films[worst], aside],
        f"An answer may turn when the film lies a little otherwise: from {low} to {high} here. Such films are given as "
        "uncertain.",
    )


def opacity(reader: Reader, films: list[np.ndarray], before: np.ndarray, out: Path) -> dict[str, str]:
    """A single opacity hardly moves the answer."""
    clear = int(np.argmin(before))
    sick, _ = pasted(films[clear], np.random.default_rng(0))
    after = score(reader, [sick])[0]
    return shown(
        out / "opacity.png",
        [films[clear], sick],
        f"A single opacity may hardly move the answer: from {percent(before[clear])} to {percent(after)} here, where "
        "one was drawn into a lung of a normal film.",
    )


def elsewhere(reader: Reader, films: list[np.ndarray], before: np.ndarray, out: Path) -> dict[str, str]:
    """Heat lies outside the lungs."""
    found = list(reader.find(read_film(path) for path in sample_films()))
    hot = [
        (one.heat_in_lungs, overlay(film, one.heatmap, HEAT_OPACITY), film)
        for one, film in zip(found, films, strict=True)
        if one.heatmap is not None and one.heat_in_lungs is not None and one.heatmap.max() > HOT
    ]
    inside, heat, film = min(hot, key=lambda one: one[0])
    said = f"Heat may lie outside the lungs: {1 - inside:.0%} of it here. The page says how much."
    return shown(out / "elsewhere.png", [film, heat], said)


def shown(file: Path, pictures: list[np.ndarray], said: str) -> dict[str, str]:
    """Write pictures, grey `(H, W)` or RGB `(H, W, 3)`, beside each other; what to say of them, for `failures.json`."""
    parts = [cv2.cvtColor(one, cv2.COLOR_GRAY2RGB) if one.ndim == 2 else one for one in pictures]
    beside = np.hstack([cv2.resize(one, SHOWN, interpolation=cv2.INTER_AREA) for one in parts])
    cv2.imwrite(str(file), cv2.cvtColor(beside, cv2.COLOR_RGB2BGR))
    return {"picture": file.name, "said": said}


if __name__ == "__main__":
    main()
