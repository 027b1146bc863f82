"""Speed of reading films, from bytes to verdict, with gate, augmented views and heatmap.

    python -m benchmarks.speed.reading_speed [--model NAME] [--films 500]

Measured after a warm-up: one film of 2,000 x 1,600 pixels (target: under 0.5 s on 2 cores), the gate alone (target:
under 15 ms), and 500 films of 1,000 x 800 pixels at once, compared with scoring only. The films are the synthetic ones
shipped with the app, enlarged.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import cv2
import numpy as np

from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import decode_film, read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.gate import shipped_gate
from cxr_core.inference.predictor import BATCH, Predictor
from cxr_core.models.registry import find_model

REPEATS = 15


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--films", type=int, default=500)
    arguments = parser.parse_args()
    predictor = Predictor(find_model(arguments.model))
    large = [_bytes(read_film(path), 2000, 1600) for path in sample_films()]
    films = [decode_film(data, "film.jpg") for data in large]
    for _ in range(2):
        list(predictor.read_many(films * 6))  # warm-up, for one film and for a batch
        predictor.read(films[0])

    one = [seconds(partial(_read_bytes, predictor, large[i % 6])) for i in range(REPEATS)]
    decode = [seconds(partial(decode_film, large[i % 6], "film.jpg")) for i in range(REPEATS)]
    print(f"one film of 2,000 x 1,600, bytes to verdict: {median(one):.3f} s, slowest {max(one):.3f} s")
    print(f"  of which decoding {median(decode):.3f} s")
    gate = [seconds(lambda: shipped_gate().admit(films[:1])) for _ in range(REPEATS)]
    print(f"the gate alone, one film: {median(gate) * 1000:.1f} ms; in a batch of 6: ", end="")
    print(f"{median(seconds(lambda: shipped_gate().admit(films)) for _ in range(REPEATS)) / 6 * 1000:.1f} ms a film")

    small = [_bytes(read_film(path), 1000, 800) for path in sample_films()]
    files = [small[i % 6] for i in range(arguments.films)]
    full = arguments.films / seconds(lambda: list(predictor.read_many(decode_film(data, "film.jpg") for data in files)))
    scored = arguments.films / seconds(lambda: _score_files(predictor, files))
    print(
        f"{arguments.films} films of 1,000 x 800: {full:.0f} a second read in full, "
        f"{scored:.0f} scored only ({full / scored:.0%})"
    )


def score(predictor: Predictor, films: list[np.ndarray]) -> np.ndarray:
    """Calibrated probabilities `float64 (N,)` of films `uint8 (H, W)`, without gate and heatmap."""
    return predictor.probabilities(predictor.logits(np.stack([predictor.preprocessing.apply(film) for film in films])))


def _read_bytes(predictor: Predictor, data: bytes) -> None:
    predictor.read(decode_film(data, "film.jpg"))


def _score_files(predictor: Predictor, files: list[bytes]) -> None:
    for i in range(0, len(files), BATCH):
        score(predictor, [decode_film(data, "film.jpg").pixels for data in files[i : i + BATCH]])


def _bytes(film: Film, width: int, height: int) -> bytes:
    enlarged = cv2.resize(film.pixels, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", enlarged, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def seconds(work: Callable[[], object]) -> float:
    """The wall time of `work()`."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
