"""Is a drawn film anybody's? Each one beside the real film most like it, and real films beside each other.

A copy of a real film would be more like that film than another child's film ever is (first figure), and far more like
it than like the second nearest child (second figure). Drawn films lie nearer the mean chest than real ones, so they are
a little more like every film (third figure); that lifts the first figure for detail and says nothing about copies.
"""

import re

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 64


def nearest_neighbours(real: NDArray[np.uint8], names: list[str], drawn: dict[str, NDArray[np.uint8]]) -> str:
    """The figures as text, for real films uint8 (N, H, W) with Kaggle file names and drawn ones (path -> (H, W))."""
    films = list(drawn.values())
    lines = [f"nearest real film, by correlation at {SIDE} px; real films are compared with other children's only"]
    for what, blur in (("grey levels", 0.0), ("detail (local mean removed)", 6.0)):
        reference, patients = _unit_rows(list(real), blur), _patients(names)
        alike = _unit_rows(films, blur) @ reference.T
        drawn_first, drawn_second = _two_nearest(alike, patients)
        likeness = reference @ reference.T
        likeness_of_all = likeness.mean(axis=1)
        likeness[patients[:, None] == patients[None, :]] = -1
        real_first, real_second = _two_nearest(likeness, patients)
        lines += [
            f"{what}:",
            f"  nearest film              drawn {_describe(drawn_first)}",
            f"                             real {_describe(real_first)}",
            f"  lead over second child    drawn {_describe(drawn_first - drawn_second)}",
            f"                             real {_describe(real_first - real_second)}",
            f"  all films, mean           drawn {_describe(alike.mean(axis=1))}",
            f"                             real {_describe(likeness_of_all)}",
        ]
    return "\n".join(lines)


def _unit_rows(films: list[NDArray[np.uint8]], blur: float) -> NDArray[np.float32]:
    """Films as rows float32 (N, 4096) of mean 0 and length 1, so that a product of two is their correlation."""
    rows = []
    for film in films:
        small = cv2.resize(film, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        if blur:
            small -= cv2.GaussianBlur(small, (0, 0), blur)
        small -= small.mean()
        rows.append(small.ravel() / max(float(np.linalg.norm(small)), 1e-6))
    return np.stack(rows)


def _patients(names: list[str]) -> NDArray[np.int64]:
    """One number a child (N,): the same number under two kinds is the same child (see the data's README)."""
    found = [re.search(r"(person\d+|IM-\d+)", name) for name in names]
    series = [match.group() if match else name for match, name in zip(found, names, strict=True)]
    return np.unique(series, return_inverse=True)[1]


def _two_nearest(likeness: NDArray[np.float32], patients: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """Highest likeness (M,) of each row of `likeness` (M, N), and the highest with any other child."""
    best = likeness.argmax(axis=1)
    first = likeness.max(axis=1)
    others = np.where(patients[None, :] == patients[best][:, None], -1, likeness)
    return first, others.max(axis=1)


def _describe(values: NDArray) -> str:
    return f"median {np.median(values):.3f}, 95% {np.quantile(values, 0.95):.3f}, highest {values.max():.3f}"
