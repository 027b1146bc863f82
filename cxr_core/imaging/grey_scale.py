"""The one rule for grey values whose display range is unknown: rasters above 8 bits, and DICOM without a window.

Neither the container's 16 bits nor the next power of two says what is white: a film of 0 to 4,200 would come out at
half brightness. The film's own range becomes 0 to 255 instead. Few pixels far outside the range of the others, such as
lead letters and hot pixels, do not count: the ends lie at most `_MARGIN` of the range between the 2nd and 98th
percentile beyond these. A film without such pixels is scaled from its lowest to its highest value.
"""

import math

import cv2
import numpy as np

_PERCENTILES = (2, 98)
_MARGIN = 0.2  # returns the 8-bit films of Kermany et al. 2018 most closely
_BLOCK = 2**22  # pixels counted at once: OpenCV's counts are float32, exact up to 2^24


def value_counts(patterns: np.ndarray, excluded: np.ndarray | None = None) -> np.ndarray:
    """How often each of the 2^n values occurs: `int64 (2^n,)` for `uint8` or `uint16` (H, W).

    excluded: `bool` of the same shape, pixels that are not counted.
    """
    counts = np.zeros(2 ** (8 * patterns.dtype.itemsize), np.int64)
    # Only the bins in use: those of a 12-bit film stay in the processor's cache, a third of the time.
    size = int(patterns.max(initial=0)) + 1
    rows = max(1, math.ceil(patterns.size / _BLOCK))
    masks = [None] * rows if excluded is None else np.array_split(excluded, rows)
    for part, mask in zip(np.array_split(patterns, rows), masks, strict=True):
        counted = None if mask is None else (~mask).view(np.uint8)
        counts[:size] += cv2.calcHist([part], [0], counted, [size], [0, size]).ravel().astype(np.int64)
    return counts


def shown_by(table: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """`table[patterns]`, `uint8 (H, W)`, in a quarter of the time. table: 0 to 1, `float64 (2^n,)`, to 0 to 255."""
    result: np.ndarray = cv2.LUT(patterns, np.rint(table * 255).astype(np.uint8))
    return result


def own_range(values: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """The values to show black and white, by the rule above; equal for a film of one value.

    values: `float (N,)`, in any order. counts: `int (N,)`, how many pixels have each value, 1 at least in all.
    """
    used = counts > 0
    order = np.argsort(values[used], kind="stable")
    values, counts = values[used][order], counts[used][order]
    below = np.cumsum(counts) / counts.sum()
    low, high = (float(values[min(int(np.searchsorted(below, p / 100)), len(values) - 1)]) for p in _PERCENTILES)
    if low == high:  # nearly all pixels have one value
        return float(values[0]), float(values[-1])
    margin = _MARGIN * (high - low)
    return max(float(values[0]), low - margin), min(float(values[-1]), high + margin)


def scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """`float64` 0 to 1 of any shape: `low` becomes 0, `high` 1, values beyond are clipped; 0 where both are equal."""
    return np.clip((values - low) / max(high - low, 1e-9), 0, 1)


def to_8_bits(values: np.ndarray, excluded: np.ndarray | None = None) -> tuple[np.ndarray, tuple[float, float]]:
    """Grey values of unknown range, `int16` or `uint16` (H, W), as `uint8 (H, W)`, and the range that was shown.

    excluded: `bool (H, W)`, pixels that do not count for the range.
    """
    patterns = np.ascontiguousarray(values, values.dtype.newbyteorder("=")).view(np.uint16)
    counts = value_counts(patterns, excluded)
    numbers = np.arange(2**16, dtype=np.uint16).view(values.dtype.newbyteorder("=")).astype(np.float64)
    low, high = own_range(numbers, counts if counts.any() else value_counts(patterns))
    return shown_by(scaled(numbers, low, high), patterns), (low, high)


def table_maximum(entries: np.ndarray, declared_bits: int) -> float:
    """The entry of a look-up table (VOI LUT, palette) that is shown white.

    It is 2^n - 1 for the declared depth of n bits (PS3.3 C.11.2.1.1, C.7.6.3.1.5), unless the entries exceed it or use
    less than half of it. Then the declared depth is wrong, and the largest entry is shown white.
    """
    largest = float(entries.max(initial=0))
    declared = 2.0**declared_bits - 1
    return declared if declared / 2 < largest <= declared else max(largest, 1.0)
