"""What the demo set holds: how many films of whom, in which split, under which name, and which faults.

File names follow the Kaggle set; numbers start at 9001, beyond every published one, so that no drawn patient bears
the number of a real child.
"""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cxr_core.datasets.demo import MARK, ManifestRow
from cxr_core.labels import NORMAL, PNEUMONIA

SEED = 20
QUALITY = 87
FILMS = {  # split -> kind -> films of its patients, in turn: most have one film, some two or three
    "train": {"normal": 32, "bacterial": 20, "viral": 20},
    "val": {"normal": 8, "bacterial": 4, "viral": 4},
    "test": {"normal": 16, "bacterial": 8, "viral": 8},
}
FILMS_A_PATIENT = (1, 2, 1, 1, 3)
TINY = 28  # pixels: MedMNIST's size, too little for a reading

Film = NDArray[np.uint8]
Draw = Callable[[str, int, int], list[Film]]


@dataclass(frozen=True)
class Patient:
    """One drawn patient: `seed` tells it from every other; `films` of them are drawn."""

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
        """Kind and number, as the Kaggle names carry them."""
        if self.kind == "normal":
            return f"{'IM' if self.number % 2 else 'NORMAL2-IM'}-{self.number}"
        return f"person{self.number}_{'bacteria' if self.kind == 'bacterial' else 'virus'}"

    def path(self, film: int, split: str | None = None) -> str:
        """Path below the set's root of the patient's film number `film`, counted from 1."""
        name = f"{self.series}-{film:04d}" if self.kind == "normal" else f"{self.series}_{film}"
        return f"{split or self.split}/{self.label}/{name}.jpeg"


def patients() -> list[Patient]:
    """Everyone in the set; numbers never repeat, not even between kinds."""
    found: list[Patient] = []
    for split, kinds in FILMS.items():
        for kind, wanted in kinds.items():
            turn = 0
            while wanted > 0:
                films = min(FILMS_A_PATIENT[turn % len(FILMS_A_PATIENT)], wanted)
                found.append(Patient(kind, split, 9001 + len(found), len(found), films))
                wanted -= films
                turn += 1
    return found


def write_films(out: Path, draw: Draw) -> dict[str, Film]:
    """Draws every film with `draw(kind, seed, films)`, writes JPEGs and manifest.csv to `out`; path -> good film."""
    everyone = patients()
    rows: list[ManifestRow] = []
    good: dict[str, Film] = {}

    def ship(path: str, film: Film, who: Patient, nth: int, fault: str = "") -> None:
        data = encode(film)
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
        seed = f"{SEED}.{who.seed}.{nth}"
        rows.append(
            ManifestRow(path, who.label, who.kind, who.series, fault, "", seed, hashlib.sha256(data).hexdigest())
        )

    first_in_val = next(p for p in everyone if p.split == "val" and p.kind == "bacterial")
    odd = {"colour": "viral", "inverted": "bacterial", "tiny": "normal"}
    odd_patients = {fault: Patient(kind, "train", 9801 + i, 801 + i, 1) for i, (fault, kind) in enumerate(odd.items())}
    for who in everyone:
        films = draw(who.kind, who.seed, who.films + (who is first_in_val))
        for nth, film in enumerate(films[: who.films], 1):
            good[who.path(nth)] = stamp(film)
            ship(who.path(nth), stamp(film), who, nth)
        if who is first_in_val:
            ship(who.path(len(films), "train"), stamp(films[-1]), who, len(films), "two_splits")
    for fault, who in odd_patients.items():
        ship(who.path(1), spoil(draw(who.kind, who.seed, 1)[0], fault), who, 1, fault)
    rows += made_when_written(everyone)
    with (out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(ManifestRow)])
        writer.writerows([row.values() for row in sorted(rows, key=lambda row: row.path)])
    return good


def made_when_written(everyone: list[Patient]) -> list[ManifestRow]:
    """The faults that `write_demo_set` makes of good films: they are not shipped."""
    train = [who for who in everyone if who.split == "train"]
    normal = [who for who in train if who.kind == "normal"]
    bacterial = [who for who in train if who.kind == "bacterial"]
    viral = [who for who in train if who.kind == "viral"]

    def row(who: Patient, nth: int, fault: str, source: str) -> ManifestRow:
        return ManifestRow(who.path(nth), who.label, who.kind, who.series, fault, source, "", "")

    stranger = Patient("bacterial", "train", 9811, -1, 1)
    return [
        row(normal[0], normal[0].films + 1, "duplicate", normal[0].path(1)),  # under the same patient
        row(stranger, 1, "duplicate", bacterial[0].path(1)),  # under another patient's name
        row(viral[0], viral[0].films + 1, "truncated", viral[0].path(1)),
        row(normal[2], normal[2].films + 1, "empty", ""),
        row(bacterial[2], bacterial[2].films + 1, "text", ""),
    ]


def stamp(film: Film) -> Film:
    """`film` uint8 (224, 224) with a faint SYNTHETIC in the lower left corner, the same for every kind."""
    letters = np.zeros_like(film)
    cv2.putText(letters, "SYNTHETIC", (5, film.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.3, 255, 1, cv2.LINE_AA)
    step = np.where(cv2.blur(film, (25, 25)) < 140, 70.0, -70.0)  # lighter on dark ground, darker on light ground
    return np.clip(film + step * (letters / 255), 0, 255).astype(np.uint8)


def spoil(film: Film, fault: str) -> Film:
    """A film of the kind that data sets also hold: tinted (224, 224, 3), inverted, or too small to read."""
    if fault == "colour":
        grey = stamp(film).astype(np.float32)
        return np.clip(np.stack([grey, grey * 0.86, grey * 0.62], axis=-1), 0, 255).astype(np.uint8)
    if fault == "inverted":
        return stamp((255 - film).astype(np.uint8))
    return cv2.resize(film, (TINY, TINY), interpolation=cv2.INTER_AREA).astype(np.uint8)


def encode(film: Film) -> bytes:
    """JPEG bytes of uint8 (H, W) or (H, W, 3), marked as synthetic in comment and EXIF."""
    exif = Image.Exif()
    exif[0x010E] = MARK  # ImageDescription
    exif[0x0131] = "CXR Workbench, tools/draw_demo_films.py"  # Software
    buffer = BytesIO()
    Image.fromarray(film).save(buffer, "JPEG", quality=QUALITY, optimize=True, comment=MARK.encode(), exif=exif)
    return buffer.getvalue()
