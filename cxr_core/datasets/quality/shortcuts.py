"""What a network could cheat on: traits of the films, other than disease, that tell the classes apart.

Each shortcut is measured, and its sentence is computed from the measure. The measure is the chance that the trait ranks
a random PNEUMONIA film above a random NORMAL one (the area under its ROC curve): 50% tells nothing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.pixel_statistics import CORNERS, PixelStatistics
from cxr_core.labels import NORMAL, PNEUMONIA

_LITTLE, _MUCH = 0.05, 0.15  # distance from 50%
_THIRDS = ("upper", "middle", "lower"), ("left", "centre", "right")


@dataclass(frozen=True, eq=False)
class Shortcut:
    """One trait. `values`: a number a film, on the index of the films, with the unit `unit`.

    `chance`: 0 to 1, see the module; None where a class is missing.
    """

    name: str
    title: str
    unit: str
    sentence: str
    values: pd.Series
    chance: float | None


def shape_shortcut(index: Index) -> Shortcut:
    """Width by height, which letterboxing would show to the network."""
    films = index.readable
    films = films[films["height"] > 0]
    ratio = films["width"] / films["height"]
    normal, pneumonia, chance = _by_class(ratio, films["label"])
    if chance is None:
        sentence = _ONE_CLASS
    elif ratio.nunique() == 1:
        sentence = f"All films have a width/height of {ratio.iloc[0]:.2f}: their shape tells the network nothing."
    else:
        sentence = (
            f"The median width/height is {normal:.2f} for {NORMAL} and {pneumonia:.2f} for {PNEUMONIA}, and alone it "
            f"ranks the classes right {_right(chance):.0%} of the time: letterboxing would "
            f"{_tell(chance)}, stretching to a square hides it."
        )
    return Shortcut("shape", "Shape", "width / height", sentence, ratio, chance)


def tone_shortcuts(index: Index, looks: PixelStatistics) -> list[Shortcut]:
    """Brightness and contrast, which depend on the machine and its operator."""
    found = []
    for name, title, column, remedy in (
        ("brightness", "Brightness", "mean", "vary brightness in training or equalise the histogram"),
        ("contrast", "Contrast", "spread", "vary contrast in training or equalise the histogram"),
    ):
        values = looks.table.loc[looks.seen, column].astype(float)
        normal, pneumonia, chance = _by_class(values, index.films.loc[values.index, "label"])
        sentence = _ONE_CLASS
        if chance is not None:
            so = "no need to act" if abs(chance - 0.5) < _LITTLE else remedy
            sentence = (
                f"The median {title.lower()} is {normal:.0f} of 255 for {NORMAL} and {pneumonia:.0f} for {PNEUMONIA}; "
                f"alone it ranks the classes right {_right(chance):.0%} of the time and would {_tell(chance)}: {so}."
            )
        found.append(Shortcut(name, title, "grey values of 255", sentence, values, chance))
    return found


def mark_shares(index: Index, looks: PixelStatistics) -> tuple[pd.DataFrame, str]:
    """The share of films with a burnt-in mark in each corner, by class (rows: corners), and what to make of it."""
    labels = index.films.loc[looks.table.index, "label"]
    table = looks.table[looks.seen].groupby(labels[looks.seen])[list(CORNERS)].mean().T
    if not {NORMAL, PNEUMONIA} <= set(table):
        return table, _ONE_CLASS
    apart = (table[PNEUMONIA] - table[NORMAL]).abs()
    corner = str(apart.idxmax())
    if not table.to_numpy().any():
        sentence = "No film has a burnt-in mark in a corner: the corners tell the network next to nothing."
    elif apart[corner] < _LITTLE:
        sentence = "Burnt-in marks are as common in both classes: they tell the network next to nothing."
    else:
        normal, pneumonia = (f"{table[label].to_dict()[corner]:.0%}" for label in (NORMAL, PNEUMONIA))
        sentence = (
            f"A burnt-in mark stands in the {corner} corner of {normal} of {NORMAL} and {pneumonia} of "
            f"{PNEUMONIA} films: a network can read it instead of the lung; crop or mask the corners and compare."
        )
    return table, sentence


def mean_films(index: Index, looks: PixelStatistics) -> tuple[dict[str, np.ndarray], str]:
    """The mean film of each class, `float (S, S)`, 0 to 255, and where they differ most."""
    labels = index.films.loc[looks.table.index, "label"].to_numpy()
    classes = [name for name in (NORMAL, PNEUMONIA) if (looks.seen & (labels == name)).any()]
    means = {name: looks.thumbnails[looks.seen & (labels == name)].mean(axis=0, dtype=np.float64) for name in classes}
    if len(means) < 2:
        return means, _ONE_CLASS
    difference = means[PNEUMONIA] - means[NORMAL]
    row, column = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    most = difference[row, column]
    place = " ".join(names[3 * int(at) // len(difference)] for names, at in zip(_THIRDS, (row, column), strict=True))
    sentence = (
        f"The mean {PNEUMONIA} film is {'brighter' if most > 0 else 'darker'} than the mean {NORMAL} film by "
        f"{abs(most):.0f} grey values at the {place}, where it differs most, and by "
        f"{np.abs(difference).mean():.0f} on average: look whether that is lung or the way the child was placed."
    )
    return means, sentence


def films_a_patient(index: Index) -> tuple[pd.DataFrame, str]:
    """How many patients have 1, 2, 3 ... films, by class (columns), and what to make of it."""
    films = index.readable
    sizes = films.groupby(["label", "patient"]).size()
    table = sizes.groupby("label").value_counts().unstack(0, fill_value=0).sort_index()
    table.index.name = "films of a patient"
    means = sizes.groupby("label").mean()
    told = " and ".join(f"{means[label]:.1f} for {label}" for label in (NORMAL, PNEUMONIA) if label in means)
    beside = films["patient"].map(films["patient"].value_counts()) > 1
    sentence = (
        f"Films per patient: {told}, {sizes.max()} at most; {beside.mean():.0%} of the films have a sibling, so only a "
        "split by patient measures anything."
    )
    return table, sentence


_ONE_CLASS = "The films are all of one class: there is nothing to compare."


def _by_class(values: pd.Series, labels: pd.Series) -> tuple[float, float, float | None]:
    """The median of each class, and the chance that a positive film's value is above a negative one's."""
    negative, positive = values[labels == NORMAL], values[labels == PNEUMONIA]
    if not len(negative) or not len(positive):
        return 0.0, 0.0, None
    ranks = pd.concat([negative, positive]).rank().to_numpy()[len(negative) :]
    above = ranks.sum() - len(positive) * (len(positive) + 1) / 2
    return float(negative.median()), float(positive.median()), float(above / (len(negative) * len(positive)))


def _right(chance: float) -> float:
    return max(chance, 1 - chance)


def _tell(chance: float) -> str:
    """What a trait with that chance would do."""
    apart = abs(chance - 0.5)
    if apart < _LITTLE:
        return "tell the network next to nothing"
    return "tell the network the class" if apart >= _MUCH else "tell the network a little of the class"
