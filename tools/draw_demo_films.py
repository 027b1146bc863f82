"""Draws the demo set's films, which are nobody's, from a statistical model of the real training films.

    nice .venv/bin/python tools/draw_demo_films.py ../shared/data/chest_xray/train --out cxr_core/datasets/demo_films

About five minutes on two cores and 6 GB of memory. It lives outside `cxr_core` because the app never draws: it ships
what this script drew. The real films are those of Kermany et al. 2018 (CC BY 4.0, doi 10.17632/rscbjbr9sj.2).

A principal-component model of raw films draws blurred ribs, because no two chests lie alike. So, as in an active
appearance model (Cootes et al. 2001, doi 10.1109/34.927467): every film is first registered to the mean chest, then
one model a kind (normal, bacterial, viral) holds the registered grey levels and the displacements together. A film is
300 Gaussian coefficients at 0.8 of their spread; no real film takes part in drawing it. What averaging takes from the
fine detail is given back by a filter and grain with the mean spectrum of the kind's real films.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, not its parent

from tools.demo_plan import SEED, write_films
from tools.demo_privacy import nearest_neighbours

SIDE = 224
NODES = 28  # displacements are smooth: a 28 x 28 grid holds them
SHIFT_WEIGHT = 6.0  # one pixel of shift at one node counts as much as this many grey levels at one pixel
COMPONENTS = 300
SPREAD = 0.8
SIBLING_CORRELATION = 0.93  # between the coefficients of a patient and those of one of the patient's films
REGISTRATION_BLUR = (20, 14, 10, 8, 7, 6)  # pixels, one round each: whole chest first, ribs last
MARGIN = 7  # pixels cut from each side, where displacements reach outside the film
SHARPEST = 1.6  # largest gain of the detail filter
SMALLEST_AREA = 0.4  # a displacement may shrink a pixel to this, not fold it
GRAIN = 0.3  # share of the still missing detail that is drawn as grain

Image = NDArray[np.float32]
_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
_FREQUENCY = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :]) * SIDE  # cycles a film
_WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE))


def read_training_films(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.str_], list[str]]:
    """Grey films uint8 (N, 224, 224), their kinds (N,) and file names, of {NORMAL,PNEUMONIA}/*.jpeg in `folder`."""
    paths = sorted(folder.glob("*/*.jpeg"))
    if not paths:
        raise SystemExit(f"{folder} holds no NORMAL/*.jpeg or PNEUMONIA/*.jpeg; give the real train folder")
    films = []
    for path in paths:
        film = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if film is None:
            raise SystemExit(f"{path} cannot be decoded; give the real train folder")
        films.append(cv2.resize(film, (SIDE, SIDE)))
    kinds = ["bacterial" if "_bacteria" in p.name else "viral" if "_virus" in p.name else "normal" for p in paths]
    return np.stack(films).astype(np.uint8), np.array(kinds), [path.name for path in paths]


def warp(image: NDArray, shift: Image) -> NDArray:
    """`image` (H, W) read at each pixel plus `shift` float32 (H, W, 2; x then y, pixels)."""
    return cv2.remap(
        image, _COLUMNS + shift[..., 0], _ROWS + shift[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )


def unfold(shift: Image) -> Image:
    """`shift` float32 (H, W, 2), smoothed until it nowhere folds the film over itself or nearly so."""
    for _ in range(30):
        x_down, x_across = np.gradient(shift[..., 0])
        y_down, y_across = np.gradient(shift[..., 1])
        area = (1 + x_across) * (1 + y_down) - x_down * y_across
        if area.min() > SMALLEST_AREA:
            break
        shift = cv2.GaussianBlur(shift, (0, 0), 3).astype(np.float32)
    return shift


def flatten_contrast(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Local mean and contrast made even, so that registration follows bones and not exposure."""
    grey = film.astype(np.float32)
    mean = cv2.GaussianBlur(grey, (0, 0), 24)
    variance = cv2.GaussianBlur((grey - mean) ** 2, (0, 0), 24)
    return np.clip(128 + 45 * (grey - mean) / np.sqrt(variance + 60), 0, 255).astype(np.uint8)


def register(films: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Displacements float16 (N, 224, 224, 2), pixels, from the mean chest to each film."""
    even = np.stack([flatten_contrast(film) for film in films])
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    shifts = np.zeros((*films.shape, 2), np.float16)
    mean = even.mean(axis=0)
    for blur in REGISTRATION_BLUR:
        target = np.clip(128 + (mean - mean.mean()) * 45 / mean.std(), 0, 255).astype(np.uint8)
        for i, film in enumerate(even):
            shifts[i] = cv2.GaussianBlur(flow.calc(target, film, shifts[i].astype(np.float32)), (0, 0), blur)
        shifts -= shifts.mean(axis=0, dtype=np.float64).astype(np.float16)  # the mean chest stays where chests lie
        mean = np.mean([warp(film, shift.astype(np.float32)) for film, shift in zip(even, shifts, strict=True)], axis=0)
    return shifts


def power(film: NDArray) -> NDArray[np.float64]:
    """Power spectrum (224, 113) of one film, windowed, its mean removed."""
    return np.abs(np.fft.rfft2((film - film.mean()) * _WINDOW)) ** 2


def radial(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """`spectrum` (224, 113) averaged over directions, same shape."""
    ring = np.minimum(_FREQUENCY.round().astype(int), SIDE // 2)
    mean = np.bincount(ring.ravel(), spectrum.ravel()) / np.bincount(ring.ravel())
    return mean[ring]


@dataclass
class KindModel:
    """What one kind of film looks like: mean float32 (D,), components (300, D), spread (300,), and the fine detail."""

    mean: Image
    components: Image
    spread: Image
    gain: NDArray[np.float64]
    grain: NDArray[np.float64]

    @classmethod
    def fit(cls, films: NDArray[np.uint8], shifts: NDArray[np.float16]) -> "KindModel":
        """From films uint8 (N, 224, 224) and their displacements float16 (N, 224, 224, 2)."""
        rows = np.empty((len(films), SIDE * SIDE + 2 * NODES * NODES), np.float32)
        for row, film, shift in zip(rows, films, shifts.astype(np.float32), strict=True):
            row[: SIDE * SIDE] = warp(film, shift).ravel()
            row[SIDE * SIDE :] = SHIFT_WEIGHT * cv2.resize(shift, (NODES, NODES), interpolation=cv2.INTER_AREA).ravel()
        mean = rows.mean(axis=0)
        rows -= mean
        _, singular, components = randomized_svd(rows, COMPONENTS, n_iter=2, random_state=SEED)
        model = cls(mean, components, singular / np.sqrt(len(films) - 1), np.ones(1), np.zeros(1))
        random = np.random.default_rng(SEED)
        drawn = [model.compose(random.standard_normal(COMPONENTS)) for _ in range(200)]
        real = radial(np.mean([power(film) for film in films[::3]], axis=0))
        smooth = radial(np.mean([power(film) for film in drawn], axis=0))
        fine = np.clip((_FREQUENCY - 6) / 10, 0, 1)  # lungs and heart stay as drawn, ribs and vessels are restored
        model.gain = 1 + fine * (np.clip(np.sqrt(real / smooth), 1, SHARPEST) - 1)
        missing = np.maximum(real - smooth * model.gain**2, 0) / np.sum(_WINDOW**2)
        model.grain = GRAIN * fine * np.sqrt(missing)
        return model

    def compose(self, coefficients: NDArray[np.float64]) -> Image:
        """The smooth film float32 (224, 224), grey levels, of unit-normal `coefficients` (300,)."""
        row = self.mean + (SPREAD * coefficients * self.spread).astype(np.float32) @ self.components
        nodes = row[SIDE * SIDE :].reshape(NODES, NODES, 2) / SHIFT_WEIGHT
        shift = unfold(cv2.resize(nodes, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).astype(np.float32))
        back = -shift
        for _ in range(12):  # the inverse of a smooth displacement, by fixed point
            back = -np.dstack([warp(np.ascontiguousarray(shift[..., axis]), back) for axis in (0, 1)])
        return warp(row[: SIDE * SIDE].reshape(SIDE, SIDE), back)

    def draw(self, coefficients: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.uint8]:
        """One film uint8 (224, 224): composed, detail restored, grain added, margin cut."""
        film = np.fft.irfft2(np.fft.rfft2(self.compose(coefficients)) * self.gain, (SIDE, SIDE))
        noise = np.fft.rfft2(random.standard_normal((SIDE, SIDE)))
        bright = np.clip(film / 60, 0, 1)  # the collimated black outside the child carries no grain
        film = film + bright * np.fft.irfft2(noise * self.grain, (SIDE, SIDE))
        inside = film[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float32)
        return np.clip(cv2.resize(inside, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 255).round().astype(np.uint8)


def draw_patient(model: KindModel, patient: int, films: int) -> list[NDArray[np.uint8]]:
    """`films` films uint8 (224, 224) of one drawn patient: the same chest on another day."""
    own = np.random.default_rng([SEED, patient]).standard_normal(COMPONENTS)
    drawn = []
    for film in range(films):
        random = np.random.default_rng([SEED, patient, film + 1])
        day = random.standard_normal(COMPONENTS)
        r = SIBLING_CORRELATION
        drawn.append(model.draw(r * own + np.sqrt(1 - r * r) * day, random))
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the demo films from a model of the real training films.")
    parser.add_argument("train", type=Path, help="the real chest_xray/train folder")
    parser.add_argument("--out", type=Path, required=True, help="where the films and manifest.csv go")
    arguments = parser.parse_args()
    films, kinds, names = read_training_films(arguments.train)
    shifts = register(films)
    models = {kind: KindModel.fit(films[kinds == kind], shifts[kinds == kind]) for kind in np.unique(kinds)}
    drawn = write_films(arguments.out, lambda kind, patient, count: draw_patient(models[kind], patient, count))
    print(nearest_neighbours(films, names, drawn))


if __name__ == "__main__":
    main()
