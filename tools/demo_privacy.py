"""Checks that no synthetic film copies a real one, by correlation with the most similar real film.

A copy would correlate more with its original than films of different children ever do (first number), and far more
than with the most similar film of any other child (second number). Synthetic films lie closer to the mean chest than
real ones, so they correlate a little more with all films (third number). This raises the first number for detail and
is no sign of a copy.
"""

import re

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 64


def nearest_neighbours(real: NDArray[np.uint8], names: list[str], drawn: dict[str, NDArray[np.uint8]]) -> str:
    """The numbers as text. real: `uint8 (N, H, W)`, with Kaggle file names; drawn: synthetic films `(H, W)` by path."""
    films = list(drawn.values())
    lines = [f"nearest real film, by correlation at {SIDE} px; real films are compared with other children's only"]
    for what, blur in (("grey levels", 0.0), ("detail (local mean removed)", 6.0)):
        reference, patients = _unit_rows(list(real), blur), _patients(names)
        similarity = _unit_rows(films, blur) @ reference.T
        drawn_first, drawn_second = _two_nearest(similarity, patients)
        real_similarity = reference @ reference.T
        mean_real_similarity = real_similarity.mean(axis=1)
        real_similarity[patients[:, None] == patients[None, :]] = -1
        real_first, real_second = _two_nearest(real_similarity, patients)
        lines += [
            f"{what}:",
            f"  nearest film              drawn {_describe(drawn_first)}",
            f"                             real {_describe(real_first)}",
            f"  lead over second child    drawn {_describe(drawn_first - drawn_second)}",
            f"                             real {_describe(real_first - real_second)}",
            f"  all films, mean           drawn {_describe(similarity.mean(axis=1))}",
            f"                             real {_describe(mean_real_similarity)}",
        ]
    return "\n".join(lines)


def _unit_rows(films: list[NDArray[np.uint8]], blur: float) -> NDArray[np.float32]:
    """Films as rows `float32 (N, 4096)` of mean 0 and norm 1, so that the dot product of two is their correlation."""
    rows = []
    for film in films:
        small = cv2.resize(film, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        if blur:
            small -= cv2.GaussianBlur(small, (0, 0), blur)
        small -= small.mean()
        rows.append(small.ravel() / max(float(np.linalg.norm(small)), 1e-6))
    return np.stack(rows)


def _patients(names: list[str]) -> NDArray[np.int64]:
    """A number for the child of each film, `(N,)`; the same Kaggle number under two kinds is the same child."""
    found = [re.search(r"(person\d+|IM-\d+)", name) for name in names]
    series = [match.group() if match else name for match, name in zip(found, names, strict=True)]
    return np.unique(series, return_inverse=True)[1]


def _two_nearest(
    similarity: NDArray[np.float32], patients: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The highest value of each row of `similarity`, `(M, N)`, and the highest with any other child, each `(M,)`."""
    best = similarity.argmax(axis=1)
    others = np.where(patients[None, :] == patients[best][:, None], -1, similarity)
    return similarity.max(axis=1), others.max(axis=1)


def _describe(values: NDArray[np.float32]) -> str:
    return f"median {np.median(values):.3f}, 95% {np.quantile(values, 0.95):.3f}, highest {values.max():.3f}"
