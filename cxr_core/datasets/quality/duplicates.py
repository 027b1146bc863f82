"""Finds duplicates: files with the same bytes, and the same image in other bytes (re-encoded, resized, brightened).

Chest films resemble each other, so a perceptual hash alone also pairs films of different children. The hash selects
candidates and the correlation of the thumbnails decides. Among the 5,232 published training films no two different
ones correlate above 0.970.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

MOST_BITS_APART = 8
LEAST_CORRELATION = 0.975
MOST_CANDIDATES = 200  # per film, so that thousands of similar films do not take hours
_BLOCK = 256


def exact_duplicates(films: pd.DataFrame) -> list[list[str]]:
    """Groups of two or more paths whose files have the same bytes. films: with the columns path and sha256."""
    repeated = films[(films["sha256"] != "") & films["sha256"].duplicated(keep=False)]
    return [sorted(paths) for paths in repeated.groupby("sha256", sort=False)["path"].agg(list)]


def near_duplicates(hashes: np.ndarray, thumbnails: np.ndarray, contents: np.ndarray) -> list[np.ndarray]:
    """Groups of films that show the same image: an array of positions, `int (K,)`, K >= 2, for each group.

    hashes: `uint64 (N,)`, perceptual. thumbnails: `uint8 (N, S, S)`. contents: `(N,)`, equal for equal bytes. A group
    of exact duplicates only is left out.
    """
    first = np.unique(contents, return_index=True)[1]  # one film represents its exact duplicates
    pairs = [
        pair
        for pair in _candidates(hashes[first])
        if _correlate(thumbnails[first[pair[0]]], thumbnails[first[pair[1]]])
    ]
    if not pairs:
        return []
    ends = np.array(pairs)
    links = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(first),) * 2)
    group = connected_components(links, directed=False)[1]
    sizes = np.bincount(group)
    group_of_content = dict(zip(contents[first], group, strict=True))
    group_of_film = np.array([group_of_content[content] for content in contents])
    return [np.flatnonzero(group_of_film == number) for number in np.flatnonzero(sizes > 1)]


def _candidates(hashes: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of positions whose hashes differ in at most MOST_BITS_APART bits."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        distance = np.bitwise_count(block[:, None] ^ hashes[None, start:])
        for i, row in enumerate(distance <= MOST_BITS_APART):
            later = i + 1 + np.flatnonzero(row[i + 1 :])[:MOST_CANDIDATES]
            found += [(start + i, start + int(j)) for j in later]
    return found


def _correlate(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two thumbnails correlate, whatever their contrast and brightness."""
    a, b = one.astype(np.float32) - one.mean(), other.astype(np.float32) - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return size > 0 and float((a * b).sum()) / size >= LEAST_CORRELATION
