"""Where in the film the answer comes from: the heatmap, whether it can be trusted, and its overlay.

LayerCAM (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943) at the last stage, of the film and its mirror image together.
`benchmarks/heatmap.py` measures how it finds pasted opacities, beside Grad-CAM and randomised networks.
"""

from functools import lru_cache

import cv2
import numpy as np

SMOOTHING = 6 / 128  # of the film's side, chosen on validation patients
BACKGROUND = 0.7  # share of the film that is background: only what stands out of it is shown
REDRAWS = 60
LEAST_DEPENDENCE = 3.5


def heatmap_of(places: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """The heatmap of one film.

    places, mirrored: `float32 (h, w)`, LayerCAM of the film and of its mirror image.
    Returns `float32 (h, w)` in [0, 1]: evidence for pneumonia, the strongest place 1; all 0 where there is none.
    """
    heat = places + mirrored[:, ::-1]
    heat = cv2.GaussianBlur(heat, (0, 0), SMOOTHING * heat.shape[1], borderType=cv2.BORDER_REPLICATE)
    heat = np.maximum(heat - np.quantile(heat, BACKGROUND), 0)
    peak = heat.max()
    return (heat / peak if peak > 0 else heat).astype(np.float32)


def dependence(features: np.ndarray, weights: np.ndarray, centre: np.ndarray | float = 0.0) -> float:
    """How far a class activation map stands out of those with the same weights in random order, in their spread.

    features: `float32 (h, w, C)`; weights: `float32 (C,)`, of the channels (see `backend.evidence`); centre:
    `float32 (C,)`, the mean features of some films, from which the film's own are taken.
    A permutation test in the spirit of Adebayo et al. 2018 (arXiv:1810.03292): in a trained network the last layer's
    weights fit the features, so that the map varies more over the film, or lies further from that of other films, than
    after a shuffle; in a randomised network a shuffle changes nothing, and the answer is within chance of 0. A heatmap
    is shown from LEAST_DEPENDENCE on.
    """
    places = features.reshape(-1, features.shape[-1]) - centre
    maps = np.vstack([weights, weights[_orders(len(weights))]])
    # Not `@`: for a product this small its threads cost more than they save, most of all where films are many.
    drawn = np.einsum("kc,pc->kp", maps, places)
    return max(_out_of_chance(drawn.std(axis=1)), abs(_out_of_chance(drawn.mean(axis=1))))


def _out_of_chance(values: np.ndarray) -> float:
    """How far the first value is from the mean of the others, in their standard deviations; 0 if they have none."""
    noise = float(values[1:].std())
    return float((values[0] - values[1:].mean()) / noise) if noise > 0 else 0.0


@lru_cache(maxsize=8)
def _orders(channels: int) -> np.ndarray:
    """The same random orders for every film: `int (REDRAWS, channels)`."""
    return np.random.default_rng(0).permuted(np.tile(np.arange(channels), (REDRAWS, 1)), axis=1)


def overlay(pixels: np.ndarray, heatmap: np.ndarray, opacity: float) -> np.ndarray:
    """The heatmap over the film.

    pixels: `uint8 (H, W)`. heatmap: `float32 (h, w)` in [0, 1]. opacity: of the strongest place, 0 to 1.
    Returns `uint8 (H, W, 3)` RGB. The colours (inferno) rise in lightness, so that they read without colour vision;
    where there is no evidence the film shows unchanged.
    """
    height, width = pixels.shape
    heat = np.clip(cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    weight = (opacity * heat)[..., None]
    return (pixels[..., None] * (1 - weight) + colours * weight).round().astype(np.uint8)
