"""Which films are of the same patient."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def published_split(films: pd.DataFrame) -> pd.Series:
    """The publisher's split of each film, "train" or "test": Kaggle took its `val` from `train`, numbers and all."""
    return films["split"].where(films["split"] == "test", "train")


def number_within_split(films: pd.DataFrame) -> pd.Series:
    """A key of the patient that agrees with the publisher's ids: "split/number"; "" where the number is not known."""
    return (published_split(films) + "/" + films["number"]).where(films["number"] != "", "")


def group_patients(films: pd.DataFrame) -> pd.Series:
    """The patient of each film; a split must not separate films of one patient.

    films: with the columns path, split, number, series and sha256. Two films are of one patient if they have the same
    number in one published split, or the same series in any, or the same bytes; and so on through chains of films.
    Returns a Series on the index of `films`; each patient is named by its first film.
    """
    numbers = number_within_split(films)
    rows, keys, offset = [], [], len(films)
    for relation in (numbers, films["series"], films["sha256"]):
        codes, values = pd.factorize(relation.where(relation != ""))
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        keys.append(codes[known] + offset)
        offset += len(values)
    row, key = np.concatenate(rows), np.concatenate(keys)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, key)), shape=(offset, offset))
    group = connected_components(graph, directed=False)[1][: len(films)]
    names = numbers.where(numbers != "", films["path"])
    first, position = np.unique(group, return_index=True, return_inverse=True)[1:]
    return pd.Series(names.to_numpy()[first[position]], index=films.index, dtype=names.dtype)
