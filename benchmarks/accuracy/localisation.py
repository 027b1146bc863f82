"""Where the heat lies on real films: in radiologists' boxes, and in the lungs of children with pneumonia.

    python -m benchmarks.accuracy.localisation DATA... [--model NAME] [--part test] [--split FILE] [--lungs SHEET.png]

Of the model's validation or held-out patients (its `split.csv`, or another table). On pneumonia films with boxes: the
pointing game and the share of the heat inside the boxes over the share of the area. On pneumonia films without boxes:
the median share of the heat inside the lungs, as `imaging/lungs.py` estimates them. Compared with CAM (Zhou
et al. 2016), where the network ends in one dense layer, and Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) of its
last features.
`--lungs` draws the estimated lungs of 40 of the films, to be checked by eye.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from cxr_core.backend import import_keras, inference_function
from cxr_core.datasets.boxes import find_boxes
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.lungs import SIDE, lung_fields
from cxr_core.inference.augmented_views import mirrored
from cxr_core.inference.explain.evidence_map import EvidenceMap, read_evidence_map
from cxr_core.inference.explain.heatmap import share_inside
from cxr_core.inference.explain.localisation import localisation
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import PNEUMONIA
from cxr_core.models.registry import find_model
from cxr_core.publishing.network_outputs import LOGIT_LAYER, layer_of_cells, load_keras_network

SHEET_FILMS, SHEET_COLUMNS = 40, 8
BATCH = 32
Maps = Callable[[np.ndarray], list[np.ndarray]]
"""Model inputs `uint8 (N, S, S)` to a map of each film, `float32 (h, w)`, not negative."""


def main() -> None:
    """Compute the maps, print what they are worth, draw the lungs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--model")
    parser.add_argument("--part", default="val", choices=["val", "test"])
    parser.add_argument("--split", type=Path)
    parser.add_argument("--lungs", type=Path)
    options = parser.parse_args()
    predictor = Predictor(find_model(options.model))
    index = build_index(options.data)
    split = read_split(index.films, options.split or predictor.model.folder / "split.csv")
    sick = index.films[(split == options.part) & (index.films["label"] == PNEUMONIA)]
    boxes = find_boxes(index)
    boxed, unboxed = sick[sick["path"].isin(set(boxes))], sick[~sick["path"].isin(set(boxes))]
    if options.lungs:
        draw_lungs(index, unboxed.sample(min(SHEET_FILMS, len(unboxed)), random_state=0), options.lungs)
    print(f"model {predictor.model.name} {predictor.model.version}, {options.part} films of {index.root.name}")
    for name, maps in methods(predictor).items():
        parts = []
        if len(boxed):
            told = localisation(maps(inputs_of(predictor, index, boxed)), [boxes[path] for path in boxed["path"]])
            parts.append(
                f"{told['films']:.0f} films with boxes: hottest place in a box {told['pointing']:.1%} (chance "
                f"{told['chance']:.1%}), {told['heat_in_boxes']:.1%} of the heat, {told['heat_over_area']:.2f} x area"
            )
        if len(unboxed):
            shares = lung_shares(index, unboxed, maps(inputs_of(predictor, index, unboxed)))
            parts.append(f"{len(unboxed)} films without: {np.median(shares):.1%} of the heat in the lungs (median)")
        print(f"{name:9} {'; '.join(parts)}", flush=True)
    if len(unboxed):
        print(f"lungs     {np.mean([fields.mean() for fields in lungs_of(index, unboxed)]):.1%} of the film (mean)")


def methods(predictor: Predictor) -> dict[str, Maps]:
    """The model's own heat, and the maps that it is compared with."""
    network = load_keras_network(predictor.model.weights)
    found: dict[str, Maps] = {}
    if scale := read_evidence_map(predictor.model.card):
        found["heat"] = lambda inputs: own_heat(predictor, scale, inputs)
    if layer_of_cells(network) == LOGIT_LAYER:
        weights = np.asarray(network.get_layer(LOGIT_LAYER).kernel)[:, 0]
        found["CAM"] = lambda inputs: class_activation(network, weights, inputs)
    return found | {"Grad-CAM": lambda inputs: grad_cam(network, inputs)}


def inputs_of(predictor: Predictor, index: Index, films: pd.DataFrame) -> np.ndarray:
    """Model inputs `uint8 (N, S, S)` of rows of the index."""
    return np.array(cached_inputs(index.root, films, predictor.preprocessing))


def own_heat(predictor: Predictor, scale: EvidenceMap, inputs: np.ndarray) -> list[np.ndarray]:
    """The model's heat, also where its card says that it is not shown."""
    heats: list[np.ndarray] = []
    for start in range(0, len(inputs), BATCH):
        some = inputs[start : start + BATCH]
        cells, of_mirror_image = (predictor._network.forward(films).feature_map for films in (some, mirrored(some)))
        assert cells is not None
        assert of_mirror_image is not None
        pairs = zip(cells[..., 0], of_mirror_image[..., 0], strict=True)
        heats += [scale.heat(*pair) for pair in pairs]
    return heats


def class_activation(network: Any, weights: np.ndarray, inputs: np.ndarray) -> list[np.ndarray]:
    """Class activation maps: the last features weighted as the dense layer weighs their means."""
    features = inference_function(import_keras().Model(network.input, network.get_layer("features").output))
    parts = [features(inputs[i : i + BATCH][..., None])[0] @ weights for i in range(0, len(inputs), BATCH)]
    return [np.maximum(one, 0) for one in np.concatenate(parts)]


def grad_cam(network: Any, inputs: np.ndarray) -> list[np.ndarray]:
    """Grad-CAM of the layer `features`."""
    import tensorflow as tf

    both = import_keras().Model(network.inputs[0], [network.get_layer("features").output, network.outputs[0]])
    maps: list[np.ndarray] = []
    for start in range(0, len(inputs), BATCH):
        with tf.GradientTape() as tape:
            features, logits = both(inputs[start : start + BATCH, ..., None], training=False)
        slope = tf.reduce_mean(tape.gradient(logits, features), (1, 2), True)
        maps.extend(tf.nn.relu(tf.reduce_sum(slope * features, -1)).numpy())
    return maps


def lung_shares(index: Index, films: pd.DataFrame, heats: list[np.ndarray]) -> list[float]:
    """The share of each film's heat inside the lungs; films without heat are left out."""
    pairs = zip(heats, lungs_of(index, films), strict=True)
    return [
        share for share in (share_inside(heat.astype(np.float32), lungs) for heat, lungs in pairs) if share is not None
    ]


def lungs_of(index: Index, films: pd.DataFrame) -> list[np.ndarray]:
    """The estimated lungs of each film, `bool (SIDE, SIDE)`."""
    return [lung_fields(read_film(index.root / path).pixels) for path in films["path"]]


def draw_lungs(index: Index, films: pd.DataFrame, file: Path) -> None:
    """A sheet of films with the outline of their estimated lungs."""
    tiles = []
    for path in films["path"]:
        pixels = read_film(index.root / path).pixels
        tile = cv2.cvtColor(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
        outline, _ = cv2.findContours(lung_fields(pixels).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        tiles.append(cv2.drawContours(tile, outline, -1, (0, 255, 255), 1))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % SHEET_COLUMNS)
    rows = [np.hstack(tiles[i : i + SHEET_COLUMNS]) for i in range(0, len(tiles), SHEET_COLUMNS)]
    cv2.imwrite(str(file), np.vstack(rows))


if __name__ == "__main__":
    main()
