"""Speed and memory of scoring films, compared with TorchXRayVision's DenseNet121 at 224 pixels.

    python -m venv /tmp/txrv && /tmp/txrv/bin/pip install torchxrayvision opencv-python-headless
    python -m benchmarks.speed.compare_torchxrayvision /tmp/txrv/bin/python DATA [--films 500] [--repeat 3]
        [--model NAME]

Each runs in its own process, alternately, on the same JPEG files: films of a data set, resized to one size. Measured:
one film from array to probability (the mean over ONE films, because ours scores borderline films several times, and the
slowest), a folder from files to probabilities, and the peak memory of the process. TorchXRayVision resizes with
scikit-image by default, or with OpenCV; both are shown. Target, compared with the faster of the two, with the model
efficientnet-lite0-160: an eighth of the time, ten times the rate.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import mean, median

import cv2

from benchmarks.speed.reading_speed import score, score_files, seconds
from cxr_core.datasets.index import build_index
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from cxr_core.paths import REPOSITORY

ONE = 60


def main() -> None:
    """Run the three alternately, print the medians."""
    if len(sys.argv) == 4 and sys.argv[1] == "--worker":
        print(json.dumps(ours(Path(sys.argv[2]), sys.argv[3])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="a Python interpreter with torchxrayvision")
    parser.add_argument("data", type=Path)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--model", help="by default the default model")
    parser.add_argument("--side", type=int, nargs=2, default=(1000, 800), metavar=("WIDTH", "HEIGHT"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(arguments.data)
        paths = index.readable["path"].sample(arguments.films, random_state=0)
        for number, path in enumerate(paths):
            cv2.imwrite(f"{folder}/{number:04}.jpg", cv2.resize(read_film(index.root / path).pixels, arguments.side))
        model = arguments.model or find_model().name
        worker = REPOSITORY / "benchmarks" / "speed" / "compare_torchxrayvision_worker.py"
        theirs = [arguments.python, "-P", str(worker), folder]
        commands = {
            "ours": [sys.executable, "-m", "benchmarks.speed.compare_torchxrayvision", "--worker", folder, model],
            "theirs, scikit-image": [*theirs, "skimage"],
            "theirs, OpenCV": [*theirs, "cv2"],
        }
        results: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
        for _ in range(arguments.repeat):
            for name, command in commands.items():
                done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True, text=True)
                results[name].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{arguments.films} films of {arguments.side[0]} x {arguments.side[1]}, medians of {arguments.repeat}")
    print(f"{'':24}{'one film, ms':>14}{'slowest, ms':>14}{'films a second':>16}{'peak memory, MB':>20}")
    for name, runs in results.items():
        one, slowest, rate, peak = (median(run[key] for run in runs) for key in ("one", "slowest", "rate", "peak"))
        print(f"{name:24}{one * 1000:14.1f}{slowest * 1000:14.1f}{rate:16.1f}{peak / 1e6:20.0f}")


def ours(folder: Path, model: str) -> dict[str, float]:
    """Seconds per film from array to probability, films per second from files, and peak memory in bytes."""
    predictor = Predictor(find_model(model))
    files = sorted(folder.glob("*.jpg"))
    films = [read_film(path).pixels for path in files[:ONE]]
    for film in films:  # warm-up with the same films, so that augmented views are computed once before timing
        score(predictor, [film])
    one = [seconds(partial(score, predictor, [film])) for film in films]
    rate = len(files) / seconds(lambda: score_files(predictor, files, read_film))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"one": mean(one), "slowest": max(one), "rate": rate, "peak": peak}


if __name__ == "__main__":
    main()
