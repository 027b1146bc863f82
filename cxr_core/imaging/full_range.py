"""All the values of a film, for a viewer that windows them: a film is 8 bits, its file may hold 16.

The model reads a film's 8-bit pixels. Here are the values behind them, with the curve that leads from one to the other,
so that a viewer starts from exactly what the model read and can then show any part of the range.
"""

import logging
from dataclasses import dataclass

import cv2
import numpy as np

from cxr_core.imaging import deep_raster
from cxr_core.imaging.decode import sniff
from cxr_core.imaging.film import Provenance
from cxr_core.log import log_handled

_logger = logging.getLogger(__name__)

MAX_VALUES = 6_000_000  # pixels; a larger film is reduced
_HIDDEN = 40  # grey levels: a pixel so far below what its value says lies outside the display shutter
_MISMATCH = 3.0  # mean grey levels: the values do not belong to these pixels
_DARK, _BRIGHT = 2, 253

# A radiograph has no Hounsfield scale: the windows are shares of the film's own values, air dark and bone bright.
PRESETS = {"lung": (1.0, 65.0), "mediastinum": (35.0, 97.0), "bone": (50.0, 99.9)}


@dataclass(frozen=True, eq=False)
class FullRange:
    """The values of one film.

    values: `uint16 (H, W)`, C-contiguous, higher is brighter. curve: `uint8 (N,)`, N above the largest value: the grey
    at which the model read each value. slope, intercept: to the file's own units, `intercept + slope * value`.
    bits: of the values, 8 to 16. scale: film pixels for each pixel of `values`, 1 or more.
    """

    values: np.ndarray
    curve: np.ndarray
    slope: float
    intercept: float
    bits: int
    scale: float

    def window(self) -> tuple[int, int]:
        """The values that the curve shows black and white, as a window to start from."""
        low = int(np.searchsorted(self.curve, _DARK, "right")) - 1
        high = int(np.searchsorted(self.curve, min(_BRIGHT, int(self.curve[-1]))))
        return max(low, 0), max(high, low + 1, 1)

    def presets(self) -> dict[str, tuple[int, int]]:
        """The windows of `PRESETS`: the values shown black and white."""
        windows = {}
        for name, percentages in PRESETS.items():
            low, high = (int(value) for value in np.percentile(self.values, percentages))
            windows[name] = (low, max(high, low + 1))
        return windows


def full_range(data: bytes, pixels: np.ndarray, source: Provenance) -> FullRange:
    """The values of the film whose file is `data`; its 8-bit pixels where the file holds no more.

    pixels: `uint8 (H, W)` as the model read them. source: the film's provenance.
    """
    found = _deeper_values(data, source)
    if found is not None and found[0].shape == pixels.shape:
        values, slope, intercept = found
        lowest = int(values.min())
        shifted = (values.astype(np.int32) - lowest).astype(np.uint16)
        fitted = _with_curve(shifted, pixels)
        if fitted is not None:
            shifted, curve = fitted
            intercept += slope * lowest
            if curve[0] > curve[-1]:  # low values are bright: MONOCHROME1, or a grey scale that was found inverted
                highest = len(curve) - 1
                shifted, curve = np.uint16(highest) - shifted, curve[::-1]
                slope, intercept = -slope, intercept + slope * highest
            curve = np.maximum.accumulate(curve)
            return _reduced(shifted, curve, slope, intercept, source.bits)
    return _reduced(pixels.astype(np.uint16), np.arange(256, dtype=np.uint8), 1.0, 0.0, 8)


def _deeper_values(data: bytes, source: Provenance) -> tuple[np.ndarray, float, float] | None:
    """Stored integers (H, W) with slope and intercept, for a grey file of more than 8 bits; else None."""
    if source.bits <= 8:
        return None
    try:
        if source.format == "DICOM":
            from cxr_core.imaging.dicom.reader import stored_values  # pydicom takes half a second to import

            return stored_values(data)
        if source.format == "JPEG":
            from cxr_core.imaging.dicom.codestream import decode_stream

            samples = decode_stream(data, source.bits)
            return None if samples is None or samples.values.ndim != 2 else (samples.values, 1.0, 0.0)
        return deep_raster.grey_values(data, sniff(data[:132]) or "")[0], 1.0, 0.0
    except Exception as error:  # the film itself was decoded: the viewer then shows its 8 bits
        log_handled(_logger, "the full range of a film cannot be read", error)
        return None


def _with_curve(values: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The values, hidden pixels set to black, and the curve from value to pixel; None if there is no such curve."""
    size = int(values.max()) + 1
    curve = _means(values, pixels, np.ones(values.shape, bool), size)
    shown = np.abs(curve[values] - pixels.astype(np.float32)) <= _HIDDEN
    if not shown.all() and shown.any():
        curve = _means(values, pixels, shown, size)
        values = np.where(shown, values, np.uint16(np.argmin(curve)))
    if float(np.abs(curve[values] - pixels)[shown].mean()) > _MISMATCH or shown.mean() < 0.02:
        return None
    return values, np.rint(curve).astype(np.uint8)


def _means(values: np.ndarray, pixels: np.ndarray, counted: np.ndarray, size: int) -> np.ndarray:
    """`float32 (size,)`: the mean pixel of each value, interpolated for values that do not occur."""
    counts = np.bincount(values[counted], minlength=size)
    sums = np.bincount(values[counted], weights=pixels[counted], minlength=size)
    used = np.flatnonzero(counts)
    return np.interp(np.arange(size), used, sums[used] / counts[used]).astype(np.float32)


def _reduced(values: np.ndarray, curve: np.ndarray, slope: float, intercept: float, bits: int) -> FullRange:
    """At most MAX_VALUES values: a larger film is averaged."""
    scale = max(1.0, (values.size / MAX_VALUES) ** 0.5)
    if scale > 1:
        values = cv2.resize(values, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    return FullRange(np.ascontiguousarray(values), curve, slope, intercept, bits, scale)
