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
from cxr_core.imaging.dicom.masks import padding_area, padding_values
from cxr_core.imaging.grey_scale import own_range, scaled, shown_by, table_maximum, value_counts
from cxr_core.languages import message


def grey(stored: np.ndarray, bits: int, ds: Dataset, steps: list[str], hidden: np.ndarray | None = None) -> np.ndarray:
    """A MONOCHROME1 or MONOCHROME2 image as displayed, `uint8 (H, W)`.

    stored: `int8`, `uint8`, `int16` or `uint16` (H, W). bits: that hold the values. hidden: `bool (H, W)`, the pixels
    outside a display shutter, which become black and do not count for the film's range.
    """
    native = stored.dtype.newbyteorder("=")
    unsigned = np.dtype(f"u{stored.dtype.itemsize}")
    patterns = np.ascontiguousarray(stored, native).view(unsigned)
    values = np.arange(2 ** (8 * stored.dtype.itemsize), dtype=unsigned).view(native).astype(np.int32)
    counts = value_counts(patterns, hidden)
    area = padding_area(patterns, values, padding_values(ds, values), counts)
    if area is not None:
        hidden = area if hidden is None else hidden | area
        counts = value_counts(patterns, hidden)

    modality = _modality(values, ds, steps)
    shown = _voi(modality, ds, steps)
    used = counts > 0
    if shown is not None and np.ptp(modality[used]) > 0 == np.ptp(shown[used]):
        steps.append(message("window of no contrast ignored"))
        shown = None
    if (
        shown is not None
        and bits < int(ds.BitsStored)
        and np.ptp(shown[used]) < 1.5 * 2.0 ** (bits - int(ds.BitsStored))
    ):
        steps.append(
            message(
                "window ignored, as the image has {bits} bits (header: {stored})", bits=bits, stored=int(ds.BitsStored)
            )
        )
        shown = None
    if shown is None:
        shown = _own_range(modality, counts, bits, ds, steps)
    # MONOCHROME1 shows its lowest value white (PS3.3 C.7.6.3.1.2). Presentation LUT Shape INVERSE says the same of the
    # same pixels (C.8.11.3.1.2 demands it with MONOCHROME1), hence one inversion for either or both.
    monochrome_1 = ds.PhotometricInterpretation == "MONOCHROME1"
    if monochrome_1 or "INVERSE" in str(ds.get("PresentationLUTShape")):
        why = "MONOCHROME1" if monochrome_1 else "INVERSE"
        steps.append(message("grey scale inverted ({why})", why=why))
        shown = 1 - shown
    pixels = shown_by(shown, patterns)
    if hidden is not None:
        pixels[hidden] = 0
    if area is not None:
        steps.append(message("padding set to black"))
    result: np.ndarray = pixels
    return result


def _modality(values: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray:
    """Stored values to the manufacturer's units: modality LUT, or rescale slope and intercept (PS3.3 C.11.1)."""
    if ds.get("ModalityLUTSequence"):
        steps.append(message("modality LUT"))
        return _look_up(values, ds.ModalityLUTSequence[0])
    slope, intercept = rescale(ds)
    if (slope, intercept) == (1, 0):
        return values.astype(np.float64)
    slope_text, intercept_text = f"{slope:g}", f"{intercept:g}"
    steps.append(message("rescale slope {slope}, intercept {intercept}", slope=slope_text, intercept=intercept_text))
    return values * slope + intercept


def rescale(ds: Dataset) -> tuple[float, float]:
    """Rescale slope and intercept; 1 and 0 without them, and where a modality LUT gives the units instead."""
    slope, intercept = _number(ds, "RescaleSlope"), _number(ds, "RescaleIntercept")
    if not slope or intercept is None or ds.get("ModalityLUTSequence"):
        return 1.0, 0.0
    return slope, intercept


def _voi(values: np.ndarray, ds: Dataset, steps: list[str]) -> np.ndarray | None:
    """The first VOI LUT, else the first window (PS3.3 C.11.2), as `float64` 0 to 1; None without either.

    A table takes precedence over a window, as in pydicom: it is the manufacturer's curve for this film.
    """
    if ds.get("VOILUTSequence") and ds.VOILUTSequence[0].get("LUTData"):
        steps.append(message("VOI LUT"))
        item = ds.VOILUTSequence[0]
        return np.minimum(_look_up(values, item) / table_maximum(_entries(item), int(item.LUTDescriptor[2])), 1)
    if (first := window(ds)) is None:
        return None
    centre, width, function = first
    about = {"centre": f"{centre:g}", "width": f"{width:g}", "function": function}
    steps.append(message("window centre {centre}, width {width} ({function})", **about))
    return apply_window(values, centre, width, function)


def window(ds: Dataset) -> tuple[float, float, str] | None:
    """The first window: centre, width, function; None without a valid one."""
    centre, width = _number(ds, "WindowCenter"), _number(ds, "WindowWidth")
    function = str(ds.get("VOILUTFunction") or "LINEAR").strip().upper()
    if centre is None or width is None or width <= 0 or (function == "LINEAR" and width < 1):
        return None
    return centre, width, function


def apply_window(values: np.ndarray, centre: float, width: float, function: str) -> np.ndarray:
    """`float64` 0 to 1 by LINEAR (C.11.2.1.2.1), SIGMOID (C.11.2.1.3.1) or LINEAR_EXACT (C.11.2.1.3.2).

    Raises `UnreadableFilm` for a function that DICOM does not define.
    """
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -500, 500)))
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1
    elif function != "LINEAR_EXACT":
        raise UnreadableFilm(
            message("a DICOM image with the unknown VOI LUT function {function}", function=repr(function[:16]))
        )
    if width == 0:  # a threshold
        return (values > centre).astype(np.float64)
    return np.clip((values - centre) / width + 0.5, 0, 1)


def _own_range(values: np.ndarray, counts: np.ndarray, bits: int, ds: Dataset, steps: list[str]) -> np.ndarray:
    """Without a window: up to 8 bits keep their full range, more are scaled by the film's own range."""
    if bits <= 8 and not ds.get("ModalityLUTSequence"):
        half = 2**bits // 2 if ds.get("PixelRepresentation") else 0
        low, high = np.sort(_modality(np.array([-half, 2**bits - 1 - half]), ds, []))
    else:
        low, high = own_range(values, counts)
        about = {"low": f"{low:g}", "high": f"{high:g}"}
        steps.append(message("no window: values {low} to {high} shown", **about))
    return scaled(values, low, high)


def _look_up(values: np.ndarray, item: Dataset) -> np.ndarray:
    """`values` through one LUT item as `float64`; values outside it take its ends (PS3.3 C.11.1.1, C.11.2.1.1)."""
    table = _entries(item)
    result: np.ndarray = table[
        np.clip(np.rint(values) - _first_mapped(values, item), 0, len(table) - 1).astype(np.int64)
    ]
    return result


def _first_mapped(values: np.ndarray, item: Dataset) -> int:
    """The value that the first entry belongs to, with the other sign where `values` do not reach it otherwise."""
    first = int(item.LUTDescriptor[1])
    other = first - 2**16 if first > values.max() else first + 2**16 if first < values.min() else first
    return other if values.min() <= other <= values.max() else first


def _entries(item: Dataset) -> np.ndarray:
    """The entries of one LUT item, `float64 (N,)`, of 8 or 16 bits in either byte order."""
    data = item.LUTData
    if isinstance(data, bytes):
        entries = (int(item.LUTDescriptor[0]) & 0xFFFF) or 2**16
        one_byte = int(item.LUTDescriptor[2]) <= 8 and len(data) <= entries + 1
        little = item.original_encoding[1] is not False
        data = np.frombuffer(data[: len(data) // 2 * 2], "u1" if one_byte else "<u2" if little else ">u2")
        data = data[:entries]
    return np.atleast_1d(np.asarray(data, np.float64))


def _number(ds: Dataset, keyword: str) -> float | None:
    """The first value of a numeric element; None where it is absent, empty or not a finite number."""
    try:
        value = float(np.atleast_1d(ds.get(keyword))[0])
    except (TypeError, ValueError, IndexError):
        return None
    return value if math.isfinite(value) else None
