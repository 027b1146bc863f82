"""Whether the heatmap finds a known opacity, and whether it depends on the trained weights.

    python -m benchmarks.accuracy.heatmap DATA [--model NAME] [--part test]

An opacity is pasted into each normal film of the model's validation or held-out patients. Target: the mean heat inside
it is at least 3 times that outside in 80% of films; the check against randomised weights passes for the trained network
and fails for a randomised one in all films. For comparison: the same masks on the same films without an opacity;
Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) and LayerCAM (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943) of the
last features; randomised networks with a heatmap refitted to them; how many of the films the model calls pneumonia; and
the correlation between a film's mean evidence and its logit.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from benchmarks.accuracy.synthetic_opacities import pasted
from cxr_core.backend import import_keras, inference_function
from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.imaging.decode import read_film
from cxr_core.inference.augmented_views import mirrored
from cxr_core.inference.explain.heatmap import heatmap_of
from cxr_core.inference.explain.local_evidence import MIN_CORRELATION, LocalEvidence, read_local_evidence
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.models.registry import find_model
from cxr_core.publishing.evidence_check import permuted, reinitialised
from cxr_core.publishing.fit_heatmap import fit_local_evidence, training_inputs
from cxr_core.publishing.network_outputs import with_feature_map

TIMES, SEED = 3.0, 0

FeatureMapOf = Callable[[np.ndarray], np.ndarray]
"""Model inputs `uint8 (n, S, S)` to their feature maps `float32 (n, h, w, C)`."""


def main() -> None:
    """Paste opacities, compute heatmaps, print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--part", default="val", choices=["val", "test"])
    arguments = parser.parse_args()
    model = find_model(arguments.model)
    predictor = Predictor(model)
    index = build_index(arguments.data)
    split = read_split(index.films, model.folder / "split.csv")
    part = index.films[split == arguments.part]
    rng = np.random.default_rng(SEED)
    films = [read_film(index.root / path).pixels for path in part.loc[part["label"] == NORMAL, "path"]]
    with_opacity = [pasted(film, rng) for film in films]
    without = np.stack([predictor.preprocessing.apply(film) for film in films])
    inputs = np.stack([predictor.preprocessing.apply(film) for film, _ in with_opacity])
    side = inputs.shape[1]
    masks = [
        cv2.resize(mask.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > 0.5
        for _, mask in with_opacity
    ]

    keras = import_keras()
    network = keras.saving.load_model(model.weights, compile=False)
    local = read_local_evidence(model.local_evidence)
    feature_map_of = _feature_map_of(network)
    print(f"{len(films)} normal films, {arguments.part} patients, model {model.name} {model.version}")
    print(f"with an opacity      {_ratios(_maps(feature_map_of, local, inputs), masks)}")
    print(f"without              {_ratios(_maps(feature_map_of, local, without), masks)}")
    for name, maps in _by_gradient(network, inputs).items():
        print(f"  by {name:17} {_ratios(maps, masks)}")
    called = predictor.probabilities(predictor.logits(inputs)) >= predictor.threshold
    before = predictor.probabilities(predictor.logits(without)) >= predictor.threshold
    print(f"called pneumonia     {called.mean():.0%} with an opacity, {before.mean():.0%} without")
    all_inputs = cached_inputs(index.root, part, predictor.preprocessing)
    evidence = local.evidence(_batched(feature_map_of, all_inputs)).mean(axis=(1, 2))
    logits = predictor.logits(all_inputs)
    auc = roc_auc_score(part["label"] == PNEUMONIA, evidence)
    print(f"mean evidence        Spearman {spearmanr(evidence, logits)[0]:.2f} with the logit, AUROC {auc:.3f}")

    print(f"check, trained       {_passed(feature_map_of, local, np.concatenate([inputs, np.array(all_inputs)]))}")
    classes = training_inputs(model, index)
    for name, randomised in (("reinitialised", reinitialised), ("shuffled", permuted)):
        for seed in range(3):
            random_map_of = _feature_map_of(randomised(network, seed))
            ratios = _ratios(_maps(random_map_of, fit_local_evidence(random_map_of, *classes), inputs), masks)
            print(f"check, {name} {seed}  {_passed(random_map_of, local, inputs)}; refitted {ratios}")


def _feature_map_of(network: Any) -> FeatureMapOf:
    outputs = inference_function(with_feature_map(network))
    return lambda inputs: outputs(inputs[..., None])[2]


def _batched(feature_map_of: FeatureMapOf, inputs: np.ndarray) -> np.ndarray:
    return np.concatenate([feature_map_of(np.asarray(inputs[i : i + 32])) for i in range(0, len(inputs), 32)])


def _maps(feature_map_of: FeatureMapOf, local: LocalEvidence, inputs: np.ndarray) -> list[np.ndarray]:
    evidence, of_mirror_image = (
        local.evidence(_batched(feature_map_of, films)) for films in (inputs, mirrored(inputs))
    )
    return [heatmap_of(*pair, local.reference) for pair in zip(evidence, of_mirror_image, strict=True)]


def _by_gradient(network: Any, inputs: np.ndarray) -> dict[str, list[np.ndarray]]:
    import tensorflow as tf

    features = network.get_layer("features")
    with_features = import_keras().Model(network.inputs[0], [features.output, network.outputs[0]])
    maps: dict[str, list[np.ndarray]] = {"Grad-CAM": [], "LayerCAM": []}
    for start in range(0, len(inputs), 32):
        with tf.GradientTape() as tape:
            activations, logits = with_features(inputs[start : start + 32, ..., None], training=False)
        slope = tape.gradient(logits, activations)
        maps["Grad-CAM"].extend(
            tf.nn.relu(tf.reduce_sum(tf.reduce_mean(slope, (1, 2), True) * activations, -1)).numpy()
        )
        maps["LayerCAM"].extend(tf.reduce_sum(tf.nn.relu(slope) * activations, -1).numpy())
    return maps


def _ratios(maps: list[np.ndarray], masks: list[np.ndarray]) -> str:
    ratios = []
    for heat, mask in zip(maps, masks, strict=True):
        large = np.clip(cv2.resize(heat, mask.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, None)
        inside, outside = float(large[mask].mean()), float(large[~mask].mean())
        ratios.append(inside / outside if outside > 0 else 0.0)
    return f"{np.mean(np.array(ratios) >= TIMES):.1%} of films at least {TIMES:g} times; median {np.median(ratios):.1f}"


def _passed(feature_map_of: FeatureMapOf, local: LocalEvidence, inputs: np.ndarray) -> str:
    correlation = local.correlation(_batched(feature_map_of, inputs))
    passed = np.mean(correlation >= MIN_CORRELATION)
    return f"passes in {passed:.1%}, correlation from {correlation.min():.2f} to {correlation.max():.2f}"


if __name__ == "__main__":
    main()
