"""Synthetic films for tests: the outline of a chest, with an opacity in one lung for pneumonia."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def chest(seed: int, pneumonia: bool, side: int = 64) -> np.ndarray:
    """A film, `uint8 (side, side)`: two dark lungs on a grey body; pneumonia: whether one has a bright opacity."""
    rng = np.random.default_rng(seed)
    film = np.full((side, side), 150.0)
    for x in (0.3, 0.7):
        centre = (int(side * (x + rng.normal(0, 0.02))), int(side * 0.5))
        cv2.ellipse(film, centre, (side // 7, side // 3), 0, 0, 360, 60.0, -1)
    if pneumonia:
        centre = (int(side * rng.choice([0.3, 0.7])), int(side * rng.uniform(0.45, 0.65)))
        cv2.circle(film, centre, side // 8, 190.0, -1)
    film = cv2.GaussianBlur(film, (0, 0), side / 40) + rng.normal(0, 4, film.shape)
    return np.clip(film, 0, 255).astype(np.uint8)


def write_data_set(root: Path, patients: int = 12, films_each: int = 2, side: int = 64, split: str = "train") -> Path:
    """Writes a data set in the Kaggle layout, `patients` normal and as many with pneumonia; returns `root`."""
    for number in range(patients):
        for film in range(films_each):
            seed = number * 10 + film
            kind = "bacteria" if number % 2 else "virus"
            for label, name in (
                ("NORMAL", f"IM-{number:04d}-{film:04d}.jpeg"),
                ("PNEUMONIA", f"person{number}_{kind}_{seed}.jpeg"),
            ):
                folder = root / split / label
                folder.mkdir(parents=True, exist_ok=True)
                pixels = chest(seed + 1000 * (label == "PNEUMONIA"), label == "PNEUMONIA", side)
                Image.fromarray(pixels).save(folder / name, quality=95)
    return root


def write_adults(root: Path, patients: int = 6, side: int = 64) -> Path:
    """Writes a second source as a table, `films.csv`, with boxes and a third class; returns the table.

    One film a patient: `patients` normal, as many with pneumonia, as many of neither class, all of other patients.
    """
    rows, others, boxes = ["path,label,patient,age,sex,view"], ["path,patient,age,sex,view"], ["path,x,y,width,height"]
    for number in range(patients):
        for place, label in enumerate(("normal", "pneumonia", "other")):
            (root / label).mkdir(parents=True, exist_ok=True)
            path = f"{label}/{number}.png"
            seed = 5000 + 100 * place + number
            Image.fromarray(chest(seed, label == "pneumonia", side)).save(root / path)
            about = f"adult{3 * number + place},{30 + number},F,{'AP' if number % 2 else 'PA'}"
            (others if label == "other" else rows).append(
                f"{path},{about}" if label == "other" else f"{path},{label.upper()},{about}"
            )
            if label == "pneumonia":
                boxes.append(f"{path},0.2,0.4,0.2,0.3")
    for name, lines in (("films", rows), ("not_normal_no_opacity", others), ("opacity_boxes", boxes)):
        (root / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return root / "films.csv"
