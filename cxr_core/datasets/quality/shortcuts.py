"""Shortcuts: traits of the films other than disease by which a network could tell the classes apart.

Each trait is measured by its AUROC: the probability that its value is higher for a random PNEUMONIA film than for a
random NORMAL one. At 50% the trait says nothing about the class. The messages are computed from the measurements.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.corner_marks import CORNERS
from cxr_core.datasets.quality.pixel_statistics import PixelStatistics
from cxr_core.labels import NORMAL, PNEUMONIA

_WEAK, _STRONG = 0.05, 0.15  # distances of the AUROC from 0.5
_THIRDS = ("upper", "middle", "lower"), ("left", "centre", "right")


@dataclass(frozen=True, eq=False)
class Shortcut:
    """One trait and how well it tells the classes apart.

    values: one number per film, on the index of the films; unit: their unit. auroc: 0 to 1; None if a class is missing.
    """

    name: str
    title: str
    unit: str
    message: str
    values: pd.Series
    auroc: float | None


def shape_shortcut(index: Index) -> Shortcut:
    """The ratio of width to height, which the network sees if films are letterboxed."""
    films = index.readable
    films = films[films["height"] > 0]
    ratio = films["width"] / films["height"]
    normal, pneumonia, auroc = _by_class(ratio, films["label"])
    if auroc is None:
        message = _ONE_CLASS
    elif ratio.nunique() == 1:
        message = f"All films have a width/height of {ratio.iloc[0]:.2f}: their shape tells the network nothing."
    else:
        message = (
            f"The median width/height is {normal:.2f} for {NORMAL} and {pneumonia:.2f} for {PNEUMONIA}. By itself it "
            f"ranks the classes correctly {_correctly_ranked(auroc):.0%} of the time. Letterboxing would "
            f"{_strength(auroc)}; stretching to a square hides it."
        )
    return Shortcut("shape", "Shape", "width / height", message, ratio, auroc)


def grey_value_shortcuts(index: Index, statistics: PixelStatistics) -> list[Shortcut]:
    """Brightness and contrast, which depend on the X-ray machine and its operator."""
    shortcuts = []
    for name, title, column, remedy in (
        ("brightness", "Brightness", "mean", "vary brightness in training or equalise the histogram"),
        ("contrast", "Contrast", "spread", "vary contrast in training or equalise the histogram"),
    ):
        values = statistics.table.loc[statistics.decoded, column].astype(float)
        normal, pneumonia, auroc = _by_class(values, index.films.loc[values.index, "label"])
        message = _ONE_CLASS
        if auroc is not None:
            action = "no action needed" if abs(auroc - 0.5) < _WEAK else remedy
            message = (
                f"The median {title.lower()} is {normal:.0f} of 255 for {NORMAL} and {pneumonia:.0f} for {PNEUMONIA}. "
                f"By itself it ranks the classes correctly {_correctly_ranked(auroc):.0%} of the time and would "
                f"{_strength(auroc)}: {action}."
            )
        shortcuts.append(Shortcut(name, title, "grey values of 255", message, values, auroc))
    return shortcuts


def corner_mark_shares(index: Index, statistics: PixelStatistics) -> tuple[pd.DataFrame, str]:
    """The share of films with a burnt-in mark, 0 to 1, by corner (rows) and class (columns), and a message on it."""
    labels = index.films.loc[statistics.table.index, "label"]
    decoded = statistics.decoded
    table = statistics.table[decoded].groupby(labels[decoded])[list(CORNERS)].mean().T
    if not {NORMAL, PNEUMONIA} <= set(table):
        return table, _ONE_CLASS
    difference = (table[PNEUMONIA] - table[NORMAL]).abs()
    corner = str(difference.idxmax())
    if not table.to_numpy().any():
        message = "No film has a burnt-in mark in a corner: the corners tell the network next to nothing."
    elif difference[corner] < _WEAK:
        message = "Burnt-in marks are equally frequent in both classes: they tell the network next to nothing."
    else:
        normal, pneumonia = (f"{table[label].to_dict()[corner]:.0%}" for label in (NORMAL, PNEUMONIA))
        message = (
            f"{normal} of {NORMAL} and {pneumonia} of {PNEUMONIA} films have a burnt-in mark in the {corner} corner. A "
            "network can use it instead of the lung; crop or mask the corners and compare."
        )
    return table, message


def mean_films(index: Index, statistics: PixelStatistics) -> tuple[dict[str, np.ndarray], str]:
    """The mean film of each class, `float64 (S, S)`, 0 to 255, and a message that says where they differ most."""
    labels = index.films.loc[statistics.table.index, "label"].to_numpy()
    chosen = {name: statistics.decoded & (labels == name) for name in (NORMAL, PNEUMONIA)}
    means = {
        name: statistics.thumbnails[films].mean(axis=0, dtype=np.float64)
        for name, films in chosen.items()
        if films.any()
    }
    if len(means) < 2:
        return means, _ONE_CLASS
    difference = means[PNEUMONIA] - means[NORMAL]
    row, column = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    most = difference[row, column]
    region = " ".join(names[3 * int(at) // len(difference)] for names, at in zip(_THIRDS, (row, column), strict=True))
    message = (
        f"The mean {PNEUMONIA} film is {'brighter' if most > 0 else 'darker'} than the mean {NORMAL} film by "
        f"{abs(most):.0f} grey values in the {region}, where they differ most, and by "
        f"{np.abs(difference).mean():.0f} on average: check whether that is the lung or the position of the child."
    )
    return means, message


def films_per_patient(index: Index) -> tuple[pd.DataFrame, str]:
    """How many patients have 1, 2, 3 ... films (rows), by class (columns), and a message on it."""
    films = index.readable
    sizes = films.groupby(["label", "patient"]).size()
    table = sizes.groupby("label").value_counts().unstack(0, fill_value=0).sort_index()
    table.index.name = "films of a patient"
    means = sizes.groupby("label").mean()
    averages = " and ".join(f"{means[label]:.1f} for {label}" for label in (NORMAL, PNEUMONIA) if label in means)
    shared = films["patient"].map(films["patient"].value_counts()) > 1
    message = (
        f"Films per patient: {averages}, {sizes.max()} at most; {shared.mean():.0%} of the films are of a patient with "
        "several films, so only a split by patient gives a valid score."
    )
    return table, message


_ONE_CLASS = "The films are all of one class: there is nothing to compare."


def _by_class(values: pd.Series, labels: pd.Series) -> tuple[float, float, float | None]:
    """The median of NORMAL and of PNEUMONIA films, and the AUROC of the values; 0, 0 and None if a class is missing."""
    negative, positive = values[labels == NORMAL], values[labels == PNEUMONIA]
    if not len(negative) or not len(positive):
        return 0.0, 0.0, None
    ranks = pd.concat([negative, positive]).rank().to_numpy()[len(negative) :]
    above = ranks.sum() - len(positive) * (len(positive) + 1) / 2
    return float(negative.median()), float(positive.median()), float(above / (len(negative) * len(positive)))


def _correctly_ranked(auroc: float) -> float:
    return max(auroc, 1 - auroc)


def _strength(auroc: float) -> str:
    """What a trait with this AUROC does for a network, to follow "would"."""
    distance = abs(auroc - 0.5)
    if distance < _WEAK:
        return "tell the network next to nothing"
    return "tell the network the class" if distance >= _STRONG else "tell the network a little about the class"
