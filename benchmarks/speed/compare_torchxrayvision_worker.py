"""The part of `benchmarks.speed.compare_torchxrayvision` that runs with TorchXRayVision; it does not import `cxr_core`.

DenseNet121 at 224 pixels with random weights, which take as long as trained ones. Films are read and preprocessed as in
TorchXRayVision's README.
"""

import json
import resource
import sys
import time
from pathlib import Path
from statistics import mean

import numpy as np
import skimage.io
import torch
import torchxrayvision as xrv

ONE, BATCH = 60, 32
CROP, RESIZE = xrv.datasets.XRayCenterCrop(), xrv.datasets.XRayResizer(224, engine=sys.argv[2])


def preprocessed(film: np.ndarray) -> np.ndarray:
    """`uint8 (H, W)` -> `float32 (1, 224, 224)`."""
    result: np.ndarray = RESIZE(CROP(xrv.datasets.normalize(film, 255)[None]))
    return result


def probabilities(model: torch.nn.Module, films: list[np.ndarray]) -> np.ndarray:
    """`(N, 18)` of films as arrays."""
    with torch.inference_mode():
        result: np.ndarray = torch.sigmoid(
            model(torch.from_numpy(np.stack([preprocessed(film) for film in films])))
        ).numpy()
        return result


def main() -> None:
    """Print the measurements as JSON."""
    files = sorted(Path(sys.argv[1]).glob("*.jpg"))
    model = xrv.models.DenseNet(num_classes=18).eval()
    films = [skimage.io.imread(path) for path in files[:ONE]]
    probabilities(model, films[:1])
    one = []
    for film in films:
        started = time.perf_counter()
        probabilities(model, [film])
        one.append(time.perf_counter() - started)
    started = time.perf_counter()
    for i in range(0, len(files), BATCH):
        probabilities(model, [skimage.io.imread(path) for path in files[i : i + BATCH]])
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"one": mean(one), "slowest": max(one), "rate": len(files) / seconds, "peak": peak}))


if __name__ == "__main__":
    main()
