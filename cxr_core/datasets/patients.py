"""Which films are of the same patient."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def published_split(films: pd.DataFrame) -> pd.Series:
    """ "test" or "train": Kaggle's `val` was carved out of the published `train` and shares its numbers."""
    return films["split"].where(films["split"] == "test", "train")


def number_within_split(films: pd.DataFrame) -> pd.Series:
    """The child as the publisher's ids have it: the number within its published split; "" where none is known."""
    return (published_split(films) + "/" + films["number"]).where(films["number"] != "", "")


def group_patients(films: pd.DataFrame) -> pd.Series:
    """The grouping key of each row: films that share it must never be parted by a split.

    Within a published split the number names the child; across splits kind and number do; and files with the same
    bytes are one film. The groups are the connected components of these three relations, each named by its first film.
    """
    numbers = number_within_split(films)
    rows, keys, offset = [], [], len(films)
    for relation in (numbers, films["series"], films["sha256"]):
        codes, seen = pd.factorize(relation.where(relation != ""))
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        keys.append(codes[known] + offset)
        offset += len(seen)
    row, key = np.concatenate(rows), np.concatenate(keys)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, key)), shape=(offset, offset))
    group = connected_components(graph, directed=False)[1][: len(films)]
    names = numbers.where(numbers != "", films["path"])
    first, place = np.unique(group, return_index=True, return_inverse=True)[1:]
    return pd.Series(names.to_numpy()[first[place]], index=films.index, dtype=names.dtype)
