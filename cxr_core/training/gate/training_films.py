"""The pictures that the gate is fitted and tested on, split with a fixed seed.

Frontal films (`chest_xray/train`) are split by patient: 70% to fit, 15% for the limits, 15% to test. Other pictures
(`not_chest_xray`) are split by file into two halves; CT slices and films of one patient stay together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import grouped_split
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.training.gate.batches import Pictures

SEED = 0
FILM_SIDE, PICTURE_SIDE = 128, 256
FOLDERS = {"photos": "photos", "slices": "ct_slices", "lateral": "lateral_chest", "limbs": "hands"}


@dataclass(frozen=True, eq=False)
class GateData:
    """films, paths: the frontal films of each split, `uint8 (N, 128, 128)`, and their files.

    others: the files of the two halves, for each kind in `FOLDERS`.
    """

    films: dict[str, np.ndarray]
    paths: dict[str, list[Path]]
    others: dict[str, tuple[list[Path], list[Path]]]

    def pictures(self, halves: tuple[int, ...]) -> Pictures:
        """The pictures for a fit, with these halves, 0 or 1, of the other pictures."""
        chosen = {
            kind: [_small(file) for half in halves for file in files[half]] for kind, files in self.others.items()
        }
        return Pictures(list(self.films["train"]), **chosen)

    def check_films(self) -> dict[str, list[Film]]:
        """The test films, which neither fit nor limits use, and altered copies of them, by kind."""
        upright = [read_film(path) for path in self.paths["test"]]
        return {"frontal": upright} | altered(upright)


def load(data: Path) -> GateData:
    """Find and split all pictures in `data`, the folder of `chest_xray` and `not_chest_xray`. Raises CXRError."""
    index = build_index(data / "chest_xray")
    usable = index.readable.drop_duplicates("sha256")
    usable = usable[usable["split"] == "train"]
    part = grouped_split(usable, (0.7, 0.15, 0.15), SEED)
    films, paths = {}, {}
    for name in ("train", "val", "test"):
        rows = usable[part == name]
        films[name] = np.array(cached_inputs(index.root, rows, Preprocessing(FILM_SIDE)))
        paths[name] = [index.root / path for path in rows["path"]]
    others = {kind: _halves(sorted((data / "not_chest_xray" / folder).iterdir())) for kind, folder in FOLDERS.items()}
    return GateData(films, paths, others)


def altered(films: list[Film]) -> dict[str, list[Film]]:
    """Altered copies of frontal films, by kind: inverted ones must be corrected, all others refused."""

    def changed(change: Callable[[np.ndarray], np.ndarray]) -> list[Film]:
        pixels = [np.ascontiguousarray(change(film.pixels)) for film in films]
        return [Film(p, film.name, film.sha256, film.source) for p, film in zip(pixels, films, strict=True)]

    return {
        "inverted": changed(lambda p: 255 - p),
        "sideways": changed(np.rot90),
        "upside down": changed(lambda p: np.rot90(p, 2)),
        "upper half": changed(lambda p: p[: len(p) // 2]),
        "lower half": changed(lambda p: p[len(p) // 2 :]),
        "one side": changed(lambda p: p[:, : p.shape[1] // 2]),
        "black half": changed(lambda p: np.vstack([p[: len(p) // 2], 0 * p[len(p) // 2 :]])),
        "overexposed": changed(lambda p: np.clip(p.astype(int) * 3, 0, 255).astype(np.uint8)),
        "underexposed": changed(lambda p: p // 8),
    }


def _halves(files: list[Path]) -> tuple[list[Path], list[Path]]:
    groups: dict[str, list[Path]] = {}
    for file in files:
        groups.setdefault(_source(file), []).append(file)
    names = sorted(groups)
    np.random.default_rng(SEED).shuffle(names)
    halves: tuple[list[Path], list[Path]] = ([], [])
    for name in sorted(names, key=lambda name: -len(groups[name])):  # the largest first, to the smaller half
        min(halves, key=len).extend(groups[name])
    return halves


def _source(file: Path) -> str:
    """The case that a file belongs to: names of one case share a number before the first "_" or "-"; photos do not."""
    number = file.stem.split("_")[0].split("-")[0]
    return number if number.isdigit() and len(number) > 4 else file.stem


def _small(file: Path) -> np.ndarray:
    pixels = read_film(file).pixels
    scale = PICTURE_SIDE / max(pixels.shape)
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
