"""Whether exposure changes the verdict: copies of validation films with another gain and offset, in 16 bits.

    python -m benchmarks.accuracy.exposure DATA... [--model NAME] [--films 100] [--clipped]

Each film of the model's validation patients is written once more as a 16-bit PNG, 64 x (gain x grey + offset) + 4,096,
so that nothing is clipped, and read as the command line reads: decoder, gate, preprocessing, network, rules. Target:
fewer than 2% of the verdicts differ from those of the copy with gain 1 and offset 0; a new refusal is a difference.
`--clipped` measures 8-bit copies, clipped at 0 and 255, which lose what no preprocessing can bring back.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from cxr_core.datasets.index import build_index
from cxr_core.datasets.split import read_split
from cxr_core.imaging.decode import decode_film, read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import CLASSES
from cxr_core.models.registry import find_model

CHANGES = ((0.5, 0.0), (0.75, 0.0), (1.25, 0.0), (1.5, 0.0), (1.0, -40.0), (1.0, 40.0))
PEDESTAL, STEP = 4096.0, 64.0


def main() -> None:
    """Read the copies, print the share of changed verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--model")
    parser.add_argument("--films", type=int, default=0, help="at most so many, drawn at random; 0 for all")
    parser.add_argument("--clipped", action="store_true")
    options = parser.parse_args()
    predictor = Predictor(find_model(options.model))
    index = build_index(options.data)
    split = read_split(index.films, predictor.model.folder / "split.csv")
    films = index.films[(split == "val") & index.films["label"].isin(CLASSES)]
    if options.films:
        films = films.sample(min(options.films, len(films)), random_state=0)
    paths = [index.root / path for path in films["path"]]

    def verdicts(gain: float, offset: float) -> list[str]:
        return [reading.verdict for reading in predictor.read_many(copies(paths, gain, offset, options.clipped))]

    usual = verdicts(1.0, 0.0)
    print(f"model {predictor.model.name} {predictor.model.version}, {len(paths)} films, clipped: {options.clipped}")
    for gain, offset in CHANGES:
        found = verdicts(gain, offset)
        changed = [(before, after) for before, after in zip(usual, found, strict=True) if before != after]
        refused = sum(after == "not_assessable" for _, after in changed)
        turned = sum({before, after} == {"pneumonia", "normal"} for before, after in changed)
        print(
            f"gain {gain:g}, offset {offset:+g}: {len(changed) / len(paths):.1%} of the verdicts change "
            f"({refused} new refusals, {turned} from one class to the other)",
            flush=True,
        )


def copies(paths: list[Path], gain: float, offset: float, clipped: bool) -> Iterator[Film]:
    """The films with another exposure, encoded and decoded."""
    for path in paths:
        grey = read_film(path).pixels.astype(np.float64) * gain + offset
        whole = (STEP * grey + PEDESTAL).round().astype(np.uint16)
        pixels = np.clip(grey, 0, 255).astype(np.uint8) if clipped else whole
        yield decode_film(cv2.imencode(".png", pixels)[1].tobytes(), f"{path.stem}.png")


if __name__ == "__main__":
    main()
