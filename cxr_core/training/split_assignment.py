"""Assigns each film of a data set to training, validation or test, and weighs the films."""

from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.split import grouped_split, read_split
from cxr_core.errors import DataSetError
from cxr_core.labels import CLASSES, NORMAL, OTHER, PNEUMONIA
from cxr_core.training.recipe_settings import Recipe

FRACTIONS = (0.8, 0.1, 0.1)
PUBLISHED_FRACTIONS = (0.7, 0.15, 0.15)
OFFICIAL_FRACTIONS = (0.85, 0.15, 0.0)


def assign_split(index: Index, recipe: Recipe, table: Path | None = None, experiment: str | None = None) -> pd.Series:
    """The split of each film of the index: "train", "val", "test" (held out), or "" for none.

    experiment: the split of a published one, "image", "patient" or "official". table: a split table, which is used
    otherwise if there is one. Without either, the films of the folder's `train` (or all, if it has no splits) are split
    by patient by FRACTIONS within each source, those of neither class (OTHER) among them; the folder's `val` and `test`
    are not used, and of identical files one is used.
    Raises DataSetError if the training or the validation films lack a class.
    """
    films = index.films
    if experiment:
        split = _assign_experiment(films, recipe.seed, experiment)
    elif table:
        split = read_split(films, table)
    else:
        usable = films[films["split"].isin(["train", ""]) & (films["fault"] == "")].drop_duplicates("sha256")
        split = grouped_split(usable, FRACTIONS, recipe.seed).reindex(films.index, fill_value="")
    train = films.index[split == "train"]
    if recipe.subset and len(train) > recipe.subset:
        subset = np.random.default_rng(recipe.seed).choice(train, recipe.subset, replace=False)
        split[train.difference(pd.Index(subset))] = ""
    for name in ("train", "val"):
        found = set(films.loc[split == name, "label"]) & set(CLASSES)
        if len(found) < 2:
            holds = f"only {found.pop()}" if found else "no films"
            raise DataSetError(
                f"its {name} part has {holds}", thing=index.root, accepted=f"both {NORMAL} and {PNEUMONIA} are needed"
            )
    return split


def _assign_experiment(films: pd.DataFrame, seed: int, experiment: str) -> pd.Series:
    """ "image" and "patient": 70/15/15 of all films, by image or by patient. "official": the folder's `test` is the
    test split, the other films are split by patient into train and val."""
    if experiment != "official":
        return grouped_split(films, PUBLISHED_FRACTIONS, seed, experiment)
    rest = films[films["split"].isin(["train", "val"])]
    split = grouped_split(rest, OFFICIAL_FRACTIONS, seed).reindex(films.index, fill_value="")
    split[(films["split"] == "test") & (films["fault"] == "")] = "test"
    return split


def class_weights(labels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Weight of a normal and of a pneumonia film, `float32 (2,)`; balanced weights average to 1 over the films.

    labels: `float32 (N,)` of the training films, 1 = pneumonia, with both classes.
    """
    if recipe.class_weights == "none":
        return np.ones(2, np.float32)
    share = labels.mean()
    return np.array([0.5 / (1 - share), 0.5 / share], np.float32)


def film_weights(films: pd.DataFrame, trained: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Weight of each film in the loss, `float32 (N,)`, with a mean of 1 over the films that are trained on.

    films: with `label` and `source`. trained: the rows to train on. The classes are balanced within each source (see
    the recipe's `class_weights`); a source weighs as its number of films to the power of `source_power`. A film of
    neither class is not pneumonia, and weighs `other_weight` beside a normal one. With one source and without such
    films these are the `class_weights`.
    """
    labels = films["label"].to_numpy()
    part = np.where(labels == OTHER, recipe.other_weight, 1.0)
    weights = np.zeros(len(films))
    rows = films["source"].to_numpy()[trained]
    for source in np.unique(rows):
        of_source = trained[rows == source]
        sick = labels[of_source] == PNEUMONIA
        weight = part[of_source].copy()
        if recipe.class_weights == "balanced":
            for group in (sick, ~sick):
                if group.any():
                    weight[group] /= weight[group].sum()
        weights[of_source] = weight / weight.sum() * len(of_source) ** recipe.source_power
    scaled: np.ndarray = (weights * (len(trained) / weights.sum())).astype(np.float32)
    return scaled
