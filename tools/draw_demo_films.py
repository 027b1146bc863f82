"""Draws the synthetic films of the demo set from a statistical model of the real training films.

    nice .venv/bin/python tools/draw_demo_films.py ../shared/data/chest_xray/train --out cxr_core/datasets/demo_films

Takes about five minutes on two cores, and 6 GB of memory. The app does not use it: the films it drew are in the
repository. The real films are those of Kermany et al. 2018 (CC BY 4.0, doi 10.17632/rscbjbr9sj.2).

The ribs of different chests do not coincide, so a principal-component model of unregistered films draws blurred ribs.
Therefore, as in an active appearance model (Cootes et al. 2001, doi 10.1109/34.927467), every film is registered to the
mean chest, and one model per kind (normal, bacterial, viral) describes the registered grey levels and the displacements
together. A film is drawn from 300 Gaussian coefficients with 0.8 of their standard deviation; no real film is used.
Averaging weakens fine detail; a filter and grain restore it to the mean power spectrum of the real films of the kind.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a script's own folder is on the path, not its parent

from tools.demo_plan import SEED, write_films
from tools.demo_privacy import nearest_neighbours

SIDE = 224
NODES = 28  # a side of the grid that stores the displacements, which are smooth
SHIFT_WEIGHT = 6.0  # a displacement of one pixel at one node weighs as much as 6 grey levels at one pixel
COMPONENTS = 300
SPREAD = 0.8
SAME_PATIENT_CORRELATION = 0.93  # between the coefficients of a patient and those of each of the patient's films
REGISTRATION_BLUR = (20, 14, 10, 8, 7, 6)  # pixels, one per iteration: first the whole chest, then the ribs
MARGIN = 7  # pixels removed at each side, where displacements point outside the film
MOST_GAIN = 1.6  # of the detail filter
LEAST_AREA = 0.4  # of a displaced pixel; 0 would be a fold
GRAIN = 0.3  # fraction of the power still missing that is drawn as grain

Image = NDArray[np.float32]
_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
_FREQUENCY = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :]) * SIDE  # cycles per film
_WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE))


def read_training_films(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.str_], list[str]]:
    """The films of {NORMAL,PNEUMONIA}/*.jpeg in `folder`: `uint8 (N, 224, 224)`, their kinds `(N,)` and file names."""
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


def warp(image: NDArray[Any], shift: Image) -> NDArray[Any]:
    """`image`, `(H, W)`, sampled at each pixel displaced by `shift`, `float32 (H, W, 2)`, x and y in pixels."""
    return cv2.remap(
        image, _COLUMNS + shift[..., 0], _ROWS + shift[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )


def unfold(shift: Image) -> Image:
    """`shift`, `float32 (H, W, 2)`, smoothed until it nowhere folds the film or nearly folds it."""
    for _ in range(30):
        x_down, x_across = np.gradient(shift[..., 0])
        y_down, y_across = np.gradient(shift[..., 1])
        area = (1 + x_across) * (1 + y_down) - x_down * y_across
        if area.min() > LEAST_AREA:
            break
        shift = cv2.GaussianBlur(shift, (0, 0), 3).astype(np.float32)
    return shift


def flatten_contrast(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The film with uniform local mean and contrast, so that registration follows bones and not exposure."""
    grey = film.astype(np.float32)
    mean = cv2.GaussianBlur(grey, (0, 0), 24)
    variance = cv2.GaussianBlur((grey - mean) ** 2, (0, 0), 24)
    return np.clip(128 + 45 * (grey - mean) / np.sqrt(variance + 60), 0, 255).astype(np.uint8)


def register(films: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Displacements from the mean chest to each film, `float16 (N, 224, 224, 2)`, in pixels."""
    flat = np.stack([flatten_contrast(film) for film in films])
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    shifts = np.zeros((*films.shape, 2), np.float16)
    mean = flat.mean(axis=0)
    for blur in REGISTRATION_BLUR:
        target = np.clip(128 + (mean - mean.mean()) * 45 / mean.std(), 0, 255).astype(np.uint8)
        for i, film in enumerate(flat):
            shifts[i] = cv2.GaussianBlur(flow.calc(target, film, shifts[i].astype(np.float32)), (0, 0), blur)
        shifts -= shifts.mean(axis=0, dtype=np.float64).astype(np.float16)  # keeps the mean chest at the mean position
        mean = np.mean([warp(film, shift.astype(np.float32)) for film, shift in zip(flat, shifts, strict=True)], axis=0)
    return shifts


def power(film: NDArray[Any]) -> NDArray[np.float64]:
    """The power spectrum, `(224, 113)`, of a film minus its mean, windowed."""
    return np.abs(np.fft.rfft2((film - film.mean()) * _WINDOW)) ** 2


def radial(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """`spectrum`, `(224, 113)`, averaged over directions; the same shape."""
    ring = np.minimum(_FREQUENCY.round().astype(int), SIDE // 2)
    mean = np.bincount(ring.ravel(), spectrum.ravel()) / np.bincount(ring.ravel())
    averaged: NDArray[np.float64] = mean[ring]
    return averaged


@dataclass
class KindModel:
    """The model of one kind of film.

    mean: `float32 (D,)`; components: `(300, D)`; spread: their standard deviations, `(300,)`; gain and grain: the
    filter and the noise amplitude that restore fine detail, `(224, 113)`.
    """

    mean: Image
    components: Image
    spread: Image
    gain: NDArray[np.float64]
    grain: NDArray[np.float64]

    @classmethod
    def fit(cls, films: NDArray[np.uint8], shifts: NDArray[np.float16]) -> "KindModel":
        """Fits the model. films: `uint8 (N, 224, 224)`; shifts: their displacements, `float16 (N, 224, 224, 2)`."""
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
        fine = np.clip((_FREQUENCY - 6) / 10, 0, 1)  # 0 at the scale of lungs and heart, 1 at that of ribs and vessels
        model.gain = 1 + fine * (np.clip(np.sqrt(real / smooth), 1, MOST_GAIN) - 1)
        missing = np.maximum(real - smooth * model.gain**2, 0) / np.sum(_WINDOW**2)
        model.grain = GRAIN * fine * np.sqrt(missing)
        return model

    def compose(self, coefficients: NDArray[np.float64]) -> Image:
        """The film without fine detail, `float32 (224, 224)`, grey levels; coefficients: standard normal, `(300,)`."""
        row = self.mean + (SPREAD * coefficients * self.spread).astype(np.float32) @ self.components
        nodes = row[SIDE * SIDE :].reshape(NODES, NODES, 2) / SHIFT_WEIGHT
        shift = unfold(cv2.resize(nodes, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).astype(np.float32))
        back = -shift
        for _ in range(12):  # inverts the displacement by fixed-point iteration
            back = -np.dstack([warp(np.ascontiguousarray(shift[..., axis]), back) for axis in (0, 1)])
        return warp(row[: SIDE * SIDE].reshape(SIDE, SIDE), back)

    def draw(self, coefficients: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.uint8]:
        """One film, `uint8 (224, 224)`: composed, detail restored, grain added, margin removed."""
        film = np.fft.irfft2(np.fft.rfft2(self.compose(coefficients)) * self.gain, (SIDE, SIDE))
        noise = np.fft.rfft2(random.standard_normal((SIDE, SIDE)))
        bright = np.clip(film / 60, 0, 1)  # no grain in the collimated black area around the child
        film = film + bright * np.fft.irfft2(noise * self.grain, (SIDE, SIDE))
        inside = film[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float32)
        return np.clip(cv2.resize(inside, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 255).round().astype(np.uint8)


def draw_patient(model: KindModel, patient: int, films: int) -> list[NDArray[np.uint8]]:
    """`films` films, `uint8 (224, 224)`, of one synthetic patient, as if taken on different days."""
    own = np.random.default_rng([SEED, patient]).standard_normal(COMPONENTS)
    drawn = []
    for film in range(films):
        random = np.random.default_rng([SEED, patient, film + 1])
        day = random.standard_normal(COMPONENTS)
        r = SAME_PATIENT_CORRELATION
        drawn.append(model.draw(r * own + np.sqrt(1 - r * r) * day, random))
    return drawn


def main() -> None:
    """Draws and writes the films, and prints the comparison with the real ones."""
    parser = argparse.ArgumentParser(description="Draw the demo films from a model of the real training films.")
    parser.add_argument("train", type=Path, help="the real chest_xray/train folder")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write the films and manifest.csv to")
    arguments = parser.parse_args()
    films, kinds, names = read_training_films(arguments.train)
    shifts = register(films)
    models = {kind: KindModel.fit(films[kinds == kind], shifts[kinds == kind]) for kind in np.unique(kinds)}
    drawn = write_films(arguments.out, lambda kind, patient, count: draw_patient(models[kind], patient, count))
    print(nearest_neighbours(films, names, drawn))


if __name__ == "__main__":
    main()
