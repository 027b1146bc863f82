"""The contents of the demo set: the patients and films of each split, their file names, and the faulty files.

File names follow the Kaggle data set. Numbers start at 9001, above every published one, so that no synthetic patient
has the number of a real child.
"""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from io import BytesIO
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_core.datasets.demo import MARK, ManifestRow
from cxr_core.labels import NORMAL, PNEUMONIA

SEED = 20
QUALITY = 87
FILMS = {  # split -> kind -> number of films
    "train": {"normal": 32, "bacterial": 20, "viral": 20},
    "val": {"normal": 8, "bacterial": 4, "viral": 4},
    "test": {"normal": 16, "bacterial": 8, "viral": 8},
}
FILMS_PER_PATIENT = (1, 2, 1, 1, 3)  # of one patient after the other, repeated
TINY = 28  # pixels a side, the size of MedMNIST: too small to be read

Film = NDArray[np.uint8]
Draw = Callable[[str, int, int], list[Film]]


@dataclass(frozen=True)
class Patient:
    """One synthetic patient with `films` films; `seed` is different for every patient."""

    kind: str
    split: str
    number: int
    seed: int
    films: int

    @property
    def label(self) -> str:
        return NORMAL if self.kind == "normal" else PNEUMONIA

    @property
    def series(self) -> str:
        """Kind and number, as in a Kaggle file name."""
        if self.kind == "normal":
            return f"{'IM' if self.number % 2 else 'NORMAL2-IM'}-{self.number}"
        return f"person{self.number}_{'bacteria' if self.kind == 'bacterial' else 'virus'}"

    def path(self, film: int, split: str | None = None) -> str:
        """The path of film number `film`, counted from 1, relative to the root of the data set."""
        name = f"{self.series}-{film:04d}" if self.kind == "normal" else f"{self.series}_{film}"
        return f"{split or self.split}/{self.label}/{name}.jpeg"


def patients() -> list[Patient]:
    """All patients of the set; no number occurs twice, not even in two kinds."""
    found: list[Patient] = []
    for split, kinds in FILMS.items():
        for kind, remaining in kinds.items():
            per_patient = cycle(FILMS_PER_PATIENT)
            while remaining > 0:
                films = min(next(per_patient), remaining)
                found.append(Patient(kind, split, 9001 + len(found), len(found), films))
                remaining -= films
    return found


def write_films(out: Path, draw: Draw) -> dict[str, Film]:
    """Draws every film with `draw(kind, seed, films)` and writes JPEGs and manifest.csv to `out`.

    Returns the films without a fault, `uint8 (224, 224)`, by path.
    """
    all_patients = patients()
    rows: list[ManifestRow] = []
    good: dict[str, Film] = {}

    def write(path: str, film: Film, patient: Patient, nth: int, fault: str = "") -> None:
        data = encode(film)
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
        seed = f"{SEED}.{patient.seed}.{nth}"
        rows.append(
            ManifestRow(
                path, patient.label, patient.kind, patient.series, fault, "", seed, hashlib.sha256(data).hexdigest()
            )
        )

    first_in_val = next(p for p in all_patients if p.split == "val" and p.kind == "bacterial")
    kind_of_fault = {"colour": "viral", "inverted": "bacterial", "tiny": "normal"}
    for patient in all_patients:
        films = draw(patient.kind, patient.seed, patient.films + (patient is first_in_val))
        for nth, film in enumerate(films[: patient.films], 1):
            good[patient.path(nth)] = stamp(film)
            write(patient.path(nth), stamp(film), patient, nth)
        if patient is first_in_val:
            write(patient.path(len(films), "train"), stamp(films[-1]), patient, len(films), "two_splits")
    for i, (fault, kind) in enumerate(kind_of_fault.items()):
        patient = Patient(kind, "train", 9801 + i, 801 + i, 1)
        write(patient.path(1), add_fault(draw(kind, patient.seed, 1)[0], fault), patient, 1, fault)
    rows += derived_files(all_patients)
    with (out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(ManifestRow)])
        writer.writerows([row.values() for row in sorted(rows, key=lambda row: row.path)])
    return good


def derived_files(all_patients: list[Patient]) -> list[ManifestRow]:
    """The files that `write_demo_set` derives from films in the repository: duplicates and damaged files."""
    train = [patient for patient in all_patients if patient.split == "train"]
    normal = [patient for patient in train if patient.kind == "normal"]
    bacterial = [patient for patient in train if patient.kind == "bacterial"]
    viral = [patient for patient in train if patient.kind == "viral"]

    def row(patient: Patient, nth: int, fault: str, source: str) -> ManifestRow:
        return ManifestRow(patient.path(nth), patient.label, patient.kind, patient.series, fault, source, "", "")

    other = Patient("bacterial", "train", 9811, -1, 1)
    return [
        row(normal[0], normal[0].films + 1, "duplicate", normal[0].path(1)),  # under the same patient
        row(other, 1, "duplicate", bacterial[0].path(1)),  # under another patient's name
        row(viral[0], viral[0].films + 1, "truncated", viral[0].path(1)),
        row(normal[2], normal[2].films + 1, "empty", ""),
        row(bacterial[2], bacterial[2].films + 1, "text", ""),
    ]


def stamp(film: Film) -> Film:
    """`film`, `uint8 (224, 224)`, with the word SYNTHETIC faintly in the lower left corner, the same for every kind."""
    letters = np.zeros_like(film)
    cv2.putText(letters, "SYNTHETIC", (5, film.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.3, 255, 1, cv2.LINE_AA)
    step = np.where(
        cv2.blur(film, (25, 25)) < 140, 70.0, -70.0
    )  # lighter where the film is dark, darker where it is light
    return np.clip(film + step * (letters / 255), 0, 255).astype(np.uint8)


def add_fault(film: Film, fault: str) -> Film:
    """A copy of `film`, `uint8 (224, 224)`, that is "colour" (224, 224, 3), "inverted", or else tiny (28, 28)."""
    if fault == "colour":
        grey = stamp(film).astype(np.float32)
        return np.clip(np.stack([grey, grey * 0.86, grey * 0.62], axis=-1), 0, 255).astype(np.uint8)
    if fault == "inverted":
        return stamp((255 - film).astype(np.uint8))
    return cv2.resize(film, (TINY, TINY), interpolation=cv2.INTER_AREA).astype(np.uint8)


def encode(film: Film) -> bytes:
    """The film, `uint8 (H, W)` or `(H, W, 3)`, as JPEG bytes, marked as synthetic in comment and EXIF."""
    exif = Image.Exif()
    exif[0x010E] = MARK  # ImageDescription
    exif[0x0131] = "CXR Workbench, tools/draw_demo_films.py"  # Software
    buffer = BytesIO()
    Image.fromarray(film).save(buffer, "JPEG", quality=QUALITY, optimize=True, comment=MARK.encode(), exif=exif)
    return buffer.getvalue()
