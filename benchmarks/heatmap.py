"""Whether the heatmap finds a known opacity, and whether it depends on the trained weights.

    python -m benchmarks.heatmap DATA RUN [--model NAME] [--part test]

An opacity is pasted into each normal film of the run's validation or held-out patients. Wanted: the mean heat inside
it is at least 3 times that outside in 80% of films; the check against randomised weights passes for the trained network
and fails for a randomised one in all films. Beside it: the same places of the same films without an opacity, Grad-CAM,
and how many of the films the model then calls pneumonia.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.opacities import pasted
from cxr_core.backend import evidence, import_keras
from cxr_core.data.decode import read_film
from cxr_core.data.index import build_index
from cxr_core.data.split import read_split
from cxr_core.reading.heatmap import LEAST_DEPENDENCE, dependence, heatmap_of
from cxr_core.reading.reader import Reader, sample_inputs
from cxr_core.reading.registry import find_model
from cxr_core.reading.stability import mirrored
from cxr_core.training.runs import find_run

TIMES, SEED = 3.0, 0


def main() -> None:
    """Paste, look, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run")
    parser.add_argument("--model")
    parser.add_argument("--part", default="test", choices=["val", "test"])
    asked = parser.parse_args()
    model = find_model(asked.model)
    reader = Reader(model)
    index = build_index(asked.data)
    part = read_split(index.films, find_run(asked.run).folder / "split.csv") == asked.part
    paths = index.films.loc[part & (index.films["label"] == "NORMAL"), "path"]
    rng = np.random.default_rng(SEED)
    films = [read_film(index.root / path).pixels for path in paths]
    changed = [pasted(film, rng) for film in films]
    without = np.stack([reader.preprocessing.apply(film) for film in films])
    inputs = np.stack([reader.preprocessing.apply(film) for film, _ in changed])
    side = inputs.shape[1]
    places = [
        cv2.resize(place.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > 0.5 for _, place in changed
    ]

    samples = sample_inputs(reader.preprocessing)
    keras = import_keras()
    network = keras.saving.load_model(model.weights, compile=False)
    look = evidence(network, "features")
    print(f"{len(films)} normal films, {asked.part} patients, model {model.name} {model.version}")
    _, features, weights, _ = _seen(look, inputs)
    grad_cam = [np.maximum((f * w).sum(axis=-1), 0) for f, w in zip(features, weights, strict=True)]
    print(f"with an opacity      {_told(_maps(look, inputs), places)}")
    print(f"  by Grad-CAM        {_told(grad_cam, places)}")
    print(f"without              {_told(_maps(look, without), places)}")
    called = reader.probabilities(reader.logits(inputs)) >= reader.threshold
    before = reader.probabilities(reader.logits(without)) >= reader.threshold
    print(f"called pneumonia     {called.mean():.0%} with an opacity, {before.mean():.0%} without")
    print(f"check, trained       {_passed(look, inputs, samples)}")
    for name, randomised in (("drawn anew", _anew), ("shuffled", _shuffled)):
        for seed in range(3):
            look = evidence(randomised(network, seed), "features")
            told = _told(_maps(look, inputs), places)
            print(f"check, {name} {seed}  {_passed(look, inputs, samples)}; with an opacity {told}")


def _seen(look, inputs: np.ndarray) -> list[np.ndarray]:
    parts = [look(inputs[i : i + 32, ..., None]) for i in range(0, len(inputs), 32)]
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


def _maps(look, inputs: np.ndarray) -> list[np.ndarray]:
    own, other = _seen(look, inputs)[3], _seen(look, mirrored(inputs))[3]
    return [heatmap_of(*pair) for pair in zip(own, other, strict=True)]


def _told(maps: list[np.ndarray], places: list[np.ndarray]) -> str:
    ratios = []
    for heat, place in zip(maps, places, strict=True):
        large = np.clip(cv2.resize(heat, place.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, None)
        inside, outside = float(large[place].mean()), float(large[~place].mean())
        ratios.append(inside / outside if outside > 0 else 0.0)
    return f"{np.mean(np.array(ratios) >= TIMES):.1%} of films at least {TIMES:g} times; median {np.median(ratios):.1f}"


def _passed(look, inputs: np.ndarray, samples: np.ndarray) -> str:
    centre = _seen(look, samples)[1].mean(axis=(0, 1, 2))
    _, features, weights, _ = _seen(look, inputs)
    found = np.array([dependence(f, w, centre) for f, w in zip(features, weights, strict=True)])
    return f"passes in {np.mean(found >= LEAST_DEPENDENCE):.1%}, from {found.min():.1f} to {found.max():.1f}"


def _anew(network, seed: int):
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(network)


def _shuffled(network, seed: int):
    """Every layer's trained weights in random order: their values are kept, what they learnt is not."""
    rng = np.random.default_rng(seed)
    copy = import_keras().models.clone_model(network)
    copy.set_weights([rng.permutation(w.ravel()).reshape(w.shape) for w in network.get_weights()])
    return copy


if __name__ == "__main__":
    main()
