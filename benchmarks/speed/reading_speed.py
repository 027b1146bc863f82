"""Speed of reading films, from bytes to verdict, with gate, augmented views and heatmap.

    python -m benchmarks.speed.reading_speed [--model NAME] [--films 500] [--beside CHECKOUT --repeat 3]

Measured after a warm-up: one film of 2,000 x 1,600 pixels (target: under 0.5 s on 2 cores), the gate alone (target:
under 15 ms), and 500 films of 1,000 x 800 pixels at once, compared with scoring only. The films are the synthetic ones
shipped with the app, enlarged. With --beside, this and another checkout of this repository, with its own `.venv`, are
measured in turns, with the model of that name or each with its default. Targets beside commit c3f5f0b, with its model
efficientnet-lite0-160: 0.6 of the time for the large film, 1.8 times the films in full.
"""

import argparse
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

import cv2
import numpy as np

from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import decode_film, read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.gate import shipped_gate
from cxr_core.inference.pipeline import PredictedFilm, predict_sources
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from cxr_core.parallel import map_in_order
from cxr_core.paths import REPOSITORY
from tests.support.server import python_of

REPEATS = 15
LINES = {
    "one film of 2,000 x 1,600, s": r"bytes to verdict: ([\d.]+) s",
    "  of which decoding, s": r"of which decoding ([\d.]+) s",
    "the gate alone, ms": r"the gate alone, one film: ([\d.]+) ms",
    "films a second, read in full": r"([\d.]+) a second read in full",
    "films a second, scored only": r"([\d.]+) scored only",
}
Source = TypeVar("Source")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.beside:
        beside(arguments.beside, arguments.model, arguments.films, arguments.repeat)
        return
    predictor = Predictor(find_model(arguments.model))
    large = [_bytes(read_film(path), 2000, 1600) for path in sample_films()]
    films = [decode_film(data, "film.jpg") for data in large]
    list(predictor.read_many(films * 6))  # warm-up

    one = [seconds(partial(_read_bytes, predictor, large[i % 6])) for i in range(REPEATS)]
    decode = [seconds(partial(decode_film, large[i % 6], "film.jpg")) for i in range(REPEATS)]
    print(f"one film of 2,000 x 1,600, bytes to verdict: {median(one):.3f} s, slowest {max(one):.3f} s")
    print(f"  of which decoding {median(decode):.3f} s")
    gate = [seconds(lambda: shipped_gate().admit(films[:1])) for _ in range(REPEATS)]
    print(f"the gate alone, one film: {median(gate) * 1000:.1f} ms")

    small = [_bytes(read_film(path), 1000, 800) for path in sample_films()]
    files = [small[i % 6] for i in range(arguments.films)]
    before = time.process_time()
    full = arguments.films / seconds(lambda: _read_files(predictor, files))
    used = 1000 * (time.process_time() - before) / arguments.films
    scored = arguments.films / seconds(lambda: score_files(predictor, files, _decode))
    print(
        f"{arguments.films} films of 1,000 x 800: {full:.0f} a second read in full, "
        f"{scored:.0f} scored only ({full / scored:.0%}); {used:.1f} ms of processor time a film in full"
    )


def beside(checkout: Path, model: str | None, films: int, repeat: int) -> None:
    """Run this benchmark here and in another checkout in turns; print the median of each line's first number."""
    commands = {}
    for name, folder in (("here", REPOSITORY), ("beside", checkout.resolve())):
        module = (
            "benchmarks.speed.reading_speed" if (folder / "benchmarks/speed").exists() else "benchmarks.reading_speed"
        )
        chosen = ["--model", model] if model else []
        commands[name] = (folder, [python_of(folder), "-m", module, "--films", str(films), *chosen])
    found: dict[str, dict[str, list[float]]] = {name: {} for name in commands}
    for _ in range(repeat):
        for name, (folder, command) in commands.items():
            output = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True, text=True).stdout
            for line, pattern in LINES.items():
                number = float(re.search(pattern, output).group(1))  # type: ignore[union-attr]
                found[name].setdefault(line, []).append(number)
    for line in LINES:
        here, there = (median(found[name][line]) for name in ("here", "beside"))
        print(f"{line:44} here {here:8.3f}   beside {there:8.3f}   ratio {here / there:.2f}")


def score(predictor: Predictor, films: list[np.ndarray]) -> np.ndarray:
    """Calibrated probabilities `float64 (N,)` of films `uint8 (H, W)`, without gate and heatmap."""
    return predictor.probabilities(predictor.logits(np.stack([predictor.preprocessing.apply(film) for film in films])))


def score_files(predictor: Predictor, files: Sequence[Source], decode: Callable[[Source], Film]) -> np.ndarray:
    """Calibrated probabilities `float64 (N,)` of files, several at a time, without gate and heatmap."""
    return np.concatenate(list(map_in_order(lambda file: score(predictor, [decode(file).pixels]), files)))


def _decode(data: bytes) -> Film:
    return decode_film(data, "film.jpg")


def _read_bytes(predictor: Predictor, data: bytes) -> None:
    predictor.read(_decode(data))


def _read_files(predictor: Predictor, files: list[bytes]) -> None:
    for found in predict_sources(files, _decode, predictor):
        if isinstance(found, PredictedFilm):
            predictor.decide(found.prediction)


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
