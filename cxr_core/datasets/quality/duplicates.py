"""Films that are the same picture in different bytes: saved again, resized, brightened.

Chest films look alike, so that a perceptual hash alone finds pairs of different children. It only proposes; the
thumbnails decide. Among the 5,232 published training films no two different ones correlate above 0.970.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

MOST_BITS_APART = 8
LEAST_CORRELATION = 0.975
MOST_CANDIDATES = 200  # a film; a set of thousands of films alike must not take hours
_BLOCK = 256


def near_duplicates(hashes: np.ndarray, thumbnails: np.ndarray, contents: np.ndarray) -> list[np.ndarray]:
    """Groups of positions, `int (K,)` each, K of 2 or more, of films that show the same picture.

    hashes: `uint64 (N,)`; thumbnails: `uint8 (N, S, S)`; contents: `(N,)`, equal where the bytes are: groups of
    nothing but the same bytes are exact duplicates and left out.
    """
    first = np.unique(contents, return_index=True)[1]  # one film of each content stands for its copies
    pairs = [pair for pair in _close(hashes[first]) if _alike(thumbnails[first[pair[0]]], thumbnails[first[pair[1]]])]
    if not pairs:
        return []
    ends = np.array(pairs)
    links = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(first),) * 2)
    group = connected_components(links, directed=False)[1]
    linked = np.bincount(group)
    standing = dict(zip(contents[first], group, strict=True))
    of_film = np.array([standing[content] for content in contents])
    return [np.flatnonzero(of_film == number) for number in np.flatnonzero(linked > 1)]


def _close(hashes: np.ndarray) -> list[tuple[int, int]]:
    """Pairs whose hashes are at most MOST_BITS_APART apart."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        apart = np.bitwise_count(block[:, None] ^ hashes[None, start:])
        for i, row in enumerate(apart <= MOST_BITS_APART):
            later = i + 1 + np.flatnonzero(row[i + 1 :])[:MOST_CANDIDATES]
            found += [(start + i, start + int(j)) for j in later]
    return found


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two thumbnails correlate; contrast and brightness do not count."""
    a, b = one.astype(np.float32) - one.mean(), other.astype(np.float32) - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return size > 0 and float((a * b).sum()) / size >= LEAST_CORRELATION
