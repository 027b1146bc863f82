"""Stored DICOM values become displayed grey values, by the pipeline of PS3.4 N.2: modality LUT, VOI LUT, polarity.

In a grey image each step depends on the stored value alone. The pipeline is therefore computed once for all bit
patterns (256 or 65,536) and applied as a table: exact, fast, and with little memory for large films. pydicom's own
functions are not used: they wrap indices above 255 where a table has 8-bit entries, and invert a window where the
rescale slope is negative. The tests compare both where pydicom is right.
"""

import math

import numpy as np
from pydicom import Dataset

from cxr_core.errors import UnreadableFilm

# Without a window: the film's own range without the outermost pixels (collimator edges, lead letters).
_PERCENTILES = (0.5, 99.5)


def grey(stored: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray:
    """MONOCHROME1 or 2, `int8`, `uint8`, `int16` or `uint16` (H, W) of stored values, as `uint8 (H, W)`."""
    if ds.PhotometricInterpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise UnreadableFilm(f"a DICOM image of photometric interpretation {str(ds.PhotometricInterpretation)[:32]!r}")
    bits = 8 * stored.dtype.itemsize
    unsigned = np.dtype(f"u{stored.dtype.itemsize}")
    patterns = np.ascontiguousarray(stored, stored.dtype.newbyteorder("=")).view(unsigned)
    values = np.arange(2**bits, dtype=unsigned).view(stored.dtype.newbyteorder("=")).astype(np.int32)
    counts = np.zeros(2**bits, np.int64)
    for rows in np.array_split(patterns, math.ceil(patterns.size / 2**22)):  # bincount takes 8 bytes a pixel
        counts += np.bincount(rows.ravel(), minlength=2**bits)

    padding = _is_padding(values, ds)
    if counts[~padding].any():
        counts[padding] = 0
    else:  # every pixel is padding: the element is wrong, not the film
        padding[:] = False
    modality = _modality(values, ds, steps)
    shown = _voi(modality, ds, steps)
    used = counts > 0
    if shown is not None and np.ptp(modality[used]) > 0 == np.ptp(shown[used]):
        steps.append("window of no contrast ignored")
        shown = None
    if shown is None:
        shown = _own_range(modality, counts, ds, steps)
    # MONOCHROME1 shows its lowest value white (PS3.3 C.7.6.3.1.2). Presentation LUT Shape INVERSE says the same of the
    # same pixels (C.8.11.3.1.2 demands it with MONOCHROME1), hence one inversion for either or both.
    inverse = "INVERSE" in str(ds.get("PresentationLUTShape"))
    if ds.PhotometricInterpretation == "MONOCHROME1" or inverse:
        steps.append(
            f"grey scale inverted ({'MONOCHROME1' if ds.PhotometricInterpretation == 'MONOCHROME1' else 'INVERSE'})"
        )
        shown = 1 - shown
    if padding.any():
        steps.append("padding set to black")
        shown = np.where(padding, 0, shown)
    return np.rint(shown * 255).astype(np.uint8)[patterns]


def _is_padding(values: np.ndarray, ds: Dataset) -> np.ndarray:
    """`bool` like `values`: outside the image by Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2)."""
    first = _number(ds, "PixelPaddingValue")
    if first is None:
        return np.zeros(values.shape, bool)
    last = _number(ds, "PixelPaddingRangeLimit")
    low, high = sorted((first, first if last is None else last))
    return (values >= low) & (values <= high)


def _modality(values: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray:
    """Stored values to the manufacturer's units: modality LUT, or rescale slope and intercept (PS3.3 C.11.1)."""
    if ds.get("ModalityLUTSequence"):
        steps.append("modality LUT")
        return _look_up(values, ds.ModalityLUTSequence[0])
    slope, intercept = _number(ds, "RescaleSlope"), _number(ds, "RescaleIntercept")
    if not slope or intercept is None or (slope, intercept) == (1, 0):
        return values.astype(np.float64)
    steps.append(f"rescale slope {slope:g}, intercept {intercept:g}")
    return values * slope + intercept


def _voi(values: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray | None:
    """The first VOI LUT, else the first window (PS3.3 C.11.2), as `float64` 0 to 1; None without either.

    A table takes precedence over a window, as in pydicom: it is the manufacturer's curve for this film.
    """
    if ds.get("VOILUTSequence") and ds.VOILUTSequence[0].get("LUTData"):
        steps.append("VOI LUT")
        table = _look_up(values, ds.VOILUTSequence[0])
        # Some manufacturers declare 16 bits and write 12; the largest entry decides (8 bits at least).
        return table / (2.0 ** max(8, int(table.max()).bit_length()) - 1)
    centre, width = _number(ds, "WindowCenter"), _number(ds, "WindowWidth")
    function = str(ds.get("VOILUTFunction") or "LINEAR").strip().upper()
    if centre is None or width is None or width <= 0 or (function == "LINEAR" and width < 1):
        return None
    steps.append(f"window centre {centre:g}, width {width:g} ({function})")
    return apply_window(values, centre, width, function)


def apply_window(values: np.ndarray, centre: float, width: float, function: str) -> np.ndarray:
    """`float64` 0 to 1 by LINEAR (C.11.2.1.2.1), SIGMOID (C.11.2.1.3.1) or LINEAR_EXACT (C.11.2.1.3.2).

    Raises `UnreadableFilm` for a function that DICOM does not define.
    """
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -500, 500)))
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1
    elif function != "LINEAR_EXACT":
        raise UnreadableFilm(f"a DICOM image with the unknown VOI LUT function {function[:16]!r}")
    if width == 0:  # a threshold
        return (values > centre).astype(np.float64)
    return np.clip((values - centre) / width + 0.5, 0, 1)


def _own_range(values: np.ndarray, counts: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray:
    """Without a window: 8 bits keep their full range, more are stretched between robust percentiles."""
    if int(ds.BitsStored) <= 8 and not ds.get("ModalityLUTSequence"):
        half = 2 ** int(ds.BitsStored) // 2 if ds.PixelRepresentation else 0
        ends = np.array([-half, 2 ** int(ds.BitsStored) - 1 - half])
        low, high = np.sort(_modality(ends, ds, []))
    else:
        order = np.argsort(values, kind="stable")
        below = np.cumsum(counts[order]) / max(1, counts.sum())
        low, high = (values[order][np.searchsorted(below, p / 100)] for p in _PERCENTILES)
        steps.append(f"no window: percentiles {_PERCENTILES[0]} to {_PERCENTILES[1]} stretched")
    return np.clip((values - low) / max(high - low, 1e-9), 0, 1)


def _look_up(values: np.ndarray, item: Dataset) -> np.ndarray:
    """`values` through one LUT item as `float64`; values outside it take its ends (PS3.3 C.11.1.1, C.11.2.1.1)."""
    first = int(item.LUTDescriptor[1])
    data = item.LUTData
    if isinstance(data, bytes):
        entries = (int(item.LUTDescriptor[0]) & 0xFFFF) or 2**16
        one_byte = int(item.LUTDescriptor[2]) <= 8 and len(data) <= entries + 1
        little = item.original_encoding[1] is not False
        data = np.frombuffer(data[: len(data) // 2 * 2], "u1" if one_byte else "<u2" if little else ">u2")
    table = np.atleast_1d(np.asarray(data, np.float64))
    return table[np.clip(np.rint(values) - first, 0, len(table) - 1).astype(np.int64)]


def _number(ds: Dataset, keyword: str) -> float | None:
    """The first value of a numeric element; None where it is absent, empty or not a finite number."""
    try:
        value = float(np.atleast_1d(ds.get(keyword))[0])
    except (TypeError, ValueError, IndexError):
        return None
    return value if math.isfinite(value) else None
