"""Whether the heatmap finds a known opacity, and whether it depends on the trained weights.

    python -m benchmarks.accuracy.heatmap DATA [--model NAME] [--part test]

An opacity is pasted into each normal film of the model's validation or held-out patients. Wanted: the mean heat inside
it is at least 3 times that outside in 80% of films; the check against randomised weights passes for the trained network
and fails for a randomised one in all films. Beside it: the same places of the same films without an opacity; Grad-CAM
(Selvaraju et al. 2017, arXiv:1610.02391) and LayerCAM (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943) of the last
features; randomised networks with a heatmap fitted to them anew; how many of the films the model then calls
pneumonia; and how the evidence of a film's places together goes with its logit.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from benchmarks.accuracy.synthetic_opacities import pasted
from cxr_core.backend import import_keras, predictor
from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.imaging.decode import read_film
from cxr_core.inference.augmented_views import mirrored
from cxr_core.inference.explain.heatmap import heatmap_of
from cxr_core.inference.explain.local_evidence import LEAST_AGREEMENT, LocalEvidence, read_local_evidence
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.models.registry import find_model
from cxr_core.models.runtime import opened
from cxr_core.publishing.fit_heatmap import fit_local_evidence, training_inputs

TIMES, SEED = 3.0, 0


def main() -> None:
    """Paste, look, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--part", default="val", choices=["val", "test"])
    asked = parser.parse_args()
    model = find_model(asked.model)
    reader = Predictor(model)
    index = build_index(asked.data)
    split = read_split(index.films, model.folder / "split.csv")
    part = index.films[split == asked.part]
    rng = np.random.default_rng(SEED)
    films = [read_film(index.root / path).pixels for path in part.loc[part["label"] == NORMAL, "path"]]
    changed = [pasted(film, rng) for film in films]
    without = np.stack([reader.preprocessing.apply(film) for film in films])
    inputs = np.stack([reader.preprocessing.apply(film) for film, _ in changed])
    side = inputs.shape[1]
    places = [
        cv2.resize(place.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > 0.5 for _, place in changed
    ]

    keras = import_keras()
    network = keras.saving.load_model(model.weights, compile=False)
    local = read_local_evidence(model.local_evidence)
    outputs_of = _looking(network)
    print(f"{len(films)} normal films, {asked.part} patients, model {model.name} {model.version}")
    print(f"with an opacity      {_told(_maps(outputs_of, local, inputs), places)}")
    print(f"without              {_told(_maps(outputs_of, local, without), places)}")
    for name, maps in _by_gradient(network, inputs).items():
        print(f"  by {name:17} {_told(maps, places)}")
    called = reader.probabilities(reader.logits(inputs)) >= reader.threshold
    before = reader.probabilities(reader.logits(without)) >= reader.threshold
    print(f"called pneumonia     {called.mean():.0%} with an opacity, {before.mean():.0%} without")
    both = cached_inputs(index.root, part, reader.preprocessing)
    together, logits = local.of(_batched(outputs_of, both)).mean(axis=(1, 2)), reader.logits(both)
    auc = roc_auc_score(part["label"] == PNEUMONIA, together)
    print(f"places together      Spearman {spearmanr(together, logits)[0]:.2f} with the logit, AUROC {auc:.3f}")

    print(f"check, trained       {_passed(outputs_of, local, np.concatenate([inputs, np.array(both)]))}")
    classes = training_inputs(model, index)
    for name, randomised in (("drawn anew", _anew), ("shuffled", _shuffled)):
        for seed in range(3):
            look = _looking(randomised(network, seed))
            told = _told(_maps(look, fit_local_evidence(look, *classes), inputs), places)
            print(f"check, {name} {seed}  {_passed(look, local, inputs)}; fitted anew {told}")


def _looking(network):
    look = predictor(opened(network))
    return lambda inputs: look(inputs[..., None])[2]


def _batched(outputs_of, inputs: np.ndarray) -> np.ndarray:
    return np.concatenate([outputs_of(np.asarray(inputs[i : i + 32])) for i in range(0, len(inputs), 32)])


def _maps(outputs_of, local: LocalEvidence, inputs: np.ndarray) -> list[np.ndarray]:
    own, other = (local.of(_batched(outputs_of, films)) for films in (inputs, mirrored(inputs)))
    return [heatmap_of(*pair, local.strong) for pair in zip(own, other, strict=True)]


def _by_gradient(network, inputs: np.ndarray) -> dict[str, list[np.ndarray]]:
    import tensorflow as tf

    features = network.get_layer("features")
    looking = import_keras().Model(network.inputs[0], [features.output, network.outputs[0]])
    found: dict[str, list[np.ndarray]] = {"Grad-CAM": [], "LayerCAM": []}
    for start in range(0, len(inputs), 32):
        with tf.GradientTape() as tape:
            seen, logits = looking(inputs[start : start + 32, ..., None], training=False)
        slope = tape.gradient(logits, seen)
        found["Grad-CAM"].extend(tf.nn.relu(tf.reduce_sum(tf.reduce_mean(slope, (1, 2), True) * seen, -1)).numpy())
        found["LayerCAM"].extend(tf.reduce_sum(tf.nn.relu(slope) * seen, -1).numpy())
    return found


def _told(maps: list[np.ndarray], places: list[np.ndarray]) -> str:
    ratios = []
    for heat, place in zip(maps, places, strict=True):
        large = np.clip(cv2.resize(heat, place.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, None)
        inside, outside = float(large[place].mean()), float(large[~place].mean())
        ratios.append(inside / outside if outside > 0 else 0.0)
    return f"{np.mean(np.array(ratios) >= TIMES):.1%} of films at least {TIMES:g} times; median {np.median(ratios):.1f}"


def _passed(outputs_of, local: LocalEvidence, inputs: np.ndarray) -> str:
    found = local.agreement(_batched(outputs_of, inputs))
    return f"passes in {np.mean(found >= LEAST_AGREEMENT):.1%}, from {found.min():.2f} to {found.max():.2f}"


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
