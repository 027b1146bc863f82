"""Parts of a DICOM image that are not shown: padding (PS3.3 C.7.5.1.1.2), display shutters (C.7.6.11, C.7.6.15)."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from pydicom import Dataset

_LEAST_SHOWN = 0.02  # of the image: a shutter that leaves less is an error in the header


def padding_values(ds: Dataset, values: np.ndarray) -> np.ndarray:
    """`bool` like `values`, the possible stored values: whether each is padding by Pixel Padding Value and Range Limit.

    Their sign is often wrong, as it depends on Pixel Representation. A value that cannot be stored is read with the
    other sign.
    """
    first, last = (_first_integer(ds, keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"))
    if first is None:
        return np.zeros(values.shape, bool)
    low, high = sorted(_storable(value, values) for value in (first, first if last is None else last))
    return (values >= low) & (values <= high)


def padding_area(
    patterns: np.ndarray, values: np.ndarray, padding: np.ndarray, counts: np.ndarray
) -> np.ndarray | None:
    """`bool (H, W)`: the pixels that are padding; None without any.

    patterns: `uint8` or `uint16` (H, W). values, padding, counts: for each pattern, its stored value, whether it is
    padding, how often it occurs.
    Where the film itself could have the padding values, only padding connected to the edge of the image counts: pixels
    inside are film, such as a lead letter in MONOCHROME1, whose lowest value is white.
    """
    if not counts[padding].any() or not counts[~padding].any():
        return None
    area = padding[patterns]
    if not _film_could_have(values[padding & (counts > 0)], values[~padding & (counts > 0)]):
        result: np.ndarray | None = area
        return result
    _, labels = cv2.connectedComponents(area.astype(np.uint8), connectivity=8)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = np.zeros(labels.max() + 1, bool)
    outside[edge[edge > 0]] = True
    return outside[labels] if outside.any() else None


def _film_could_have(padding: np.ndarray, film: np.ndarray) -> bool:
    """Whether values of the film lie within a quarter of its range from the padding values."""
    reach = max(1, int(film.max() - film.min()) // 4)
    return bool(((film >= padding.min() - reach) & (film <= padding.max() + reach)).any())


def shutter_area(ds: Dataset, height: int, width: int) -> np.ndarray | None:
    """`bool (H, W)`: the pixels outside the display shutter; None without one, or where it would leave nothing.

    Rows and columns count from 1. Several shapes show what lies inside all of them. A shutter is black here whatever
    its presentation value is, as around a film.
    """
    shapes = {str(shape).strip().upper() for shape in _sequence(ds.get("ShutterShape"))}
    shown = np.ones((height, width), bool)
    try:
        if "RECTANGULAR" in shapes:
            shown &= _rectangle(ds, height, width)
        if "CIRCULAR" in shapes:
            shown &= _circle(ds, height, width)
        if "POLYGONAL" in shapes:
            shown &= _polygon(ds, height, width)
        if "BITMAP" in shapes and ds.get("ShutterOverlayGroup") is not None:
            shown &= ds.overlay_array(int(ds.ShutterOverlayGroup)) == 0
    except (AttributeError, TypeError, ValueError, IndexError, OverflowError):  # an incomplete shutter is none
        return None
    return None if shown.all() or shown.mean() < _LEAST_SHOWN else ~shown


def _rectangle(ds: Dataset, height: int, width: int) -> np.ndarray:
    left, right = int(ds.ShutterLeftVerticalEdge), int(ds.ShutterRightVerticalEdge)
    upper, lower = int(ds.ShutterUpperHorizontalEdge), int(ds.ShutterLowerHorizontalEdge)
    shown = np.zeros((height, width), bool)
    shown[max(0, upper - 1) : max(0, lower), max(0, left - 1) : max(0, right)] = True
    return shown


def _circle(ds: Dataset, height: int, width: int) -> np.ndarray:
    """The radius counts pixels along a row; pixels that are not square make the circle an ellipse of pixels."""
    row, column = (int(value) for value in ds.CenterOfCircularShutter)
    radius = int(ds.RadiusOfCircularShutter)
    down, across = np.ogrid[1 : height + 1, 1 : width + 1]
    result: np.ndarray = ((down - row) * pixel_height(ds)) ** 2 + (across - column) ** 2 <= radius**2
    return result


def _polygon(ds: Dataset, height: int, width: int) -> np.ndarray:
    corners = np.array([int(value) for value in ds.VerticesOfThePolygonalShutter]).reshape(-1, 2)
    shown = np.zeros((height, width), np.uint8)
    cv2.fillPoly(shown, [np.ascontiguousarray(corners[:, ::-1] - 1, np.int32)], 1)
    return shown.astype(bool)


def pixel_height(ds: Dataset) -> float:
    """Height of a pixel over its width: by the spacings, else by Pixel Aspect Ratio (PS3.3 C.7.6.3.1.7); 1 without."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        try:
            height, width = (float(value) for value in ds[keyword].value)
            ratio = height / width
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            continue
        if 1 / 20 < ratio < 20:
            return ratio
    return 1.0


def _sequence(value: Any) -> Sequence[Any]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _first_integer(ds: Dataset, keyword: str) -> int | None:
    try:
        return int(np.atleast_1d(ds.get(keyword))[0])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _storable(value: int, values: np.ndarray) -> int:
    """`value`, or the one with the other sign where only that one can be stored."""
    lowest, highest = int(values.min()), int(values.max())
    if lowest <= value <= highest:
        return value
    others = (value + sign * 2**bits for bits in (8, 16) for sign in (1, -1))
    return next((other for other in others if lowest <= other <= highest), value)
