"""Boxes that radiologists drew around opacities: a CSV with `path,x,y,width,height` in parts of the film's sides.

It is found in the folder of the data set by its name, `boxes.csv` or one that ends so (`opacity_boxes.csv`), or given.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.sources import path_in
from cxr_core.errors import DataSetError, UnusableFile
from cxr_core.limits import read_table

ACCEPTED = "a CSV with path,x,y,width,height, in parts of the side"
_NUMBERS = ["x", "y", "width", "height"]
_SLACK = 1e-3  # a box may end this far beyond the film, by rounding

Boxes = Mapping[str, np.ndarray]
"""Path of a film in an index -> its boxes, `float32 (K, 4)`: x, y of the upper left corner, width, height in [0, 1]."""


def find_boxes(index: Index, given: Path | None = None) -> Boxes:
    """The boxes of an index's films, from `given`, or from the tables beside its data sets; empty without any.

    Paths in a table are relative to its data set. Raises DataSetError for a table that cannot be used.
    """
    found: dict[str, np.ndarray] = {}
    for part in index.parts or (index,):
        prefix = path_in(index, part)
        known = set(part.films["path"])
        for table in [given] if given else _tables(part.root):
            boxes = read_boxes(table)
            found |= {prefix + path: those for path, those in boxes.items() if path in known}
    return found


def read_boxes(file: Path) -> dict[str, np.ndarray]:
    """The boxes of each film that a table names. Raises DataSetError, naming the line."""
    try:
        table = read_table(file)
    except UnusableFile as error:
        raise DataSetError(error.problem, thing=file, accepted=f"accepted is {ACCEPTED}") from error
    missing = [name for name in ["path", *_NUMBERS] if name not in table]
    if missing:
        raise DataSetError(f"has no column {missing[0]}", thing=file, accepted=f"accepted is {ACCEPTED}")
    numbers = table[_NUMBERS].apply(pd.to_numeric, errors="coerce").to_numpy(np.float32)
    start, size = numbers[:, :2], numbers[:, 2:]
    good = np.isfinite(numbers).all(axis=1)
    good &= (start >= 0).all(axis=1) & (size > 0).all(axis=1) & (start + size <= 1 + _SLACK).all(axis=1)
    if not good.all():
        row = int(np.argmin(good))
        given = numbers[row].tolist()
        raise DataSetError(
            f"{given} is no box", thing=f"{file}, line {row + 2}", accepted="accepted are numbers from 0 to 1"
        )
    paths = table["path"].str.replace("\\", "/")
    return {str(path): numbers[rows] for path, rows in paths.groupby(paths).indices.items()}


def mask_of(boxes: np.ndarray, side: int) -> np.ndarray:
    """Boxes `float32 (K, 4)` as a mask `uint8 (side, side)`: 255 inside any box, 0 outside."""
    mask = np.zeros((side, side), np.uint8)
    for x, y, width, height in boxes:
        left, right = (round(float(at) * side) for at in (x, x + width))
        top, bottom = (round(float(at) * side) for at in (y, y + height))
        mask[top : max(bottom, top + 1), left : max(right, left + 1)] = 255
    return mask


def _tables(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.csv") if file.stem.lower().endswith("boxes"))
