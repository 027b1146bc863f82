"""The film viewer's data: pictures, heatmap and values for the browser, which does all the drawing.

The server sends one JPEG and one small heatmap a film, and the film's full values when the browser first needs them.
"""

import base64
import zlib
from typing import Any

import cv2
import numpy as np

from cxr_core.imaging.film import Provenance
from cxr_core.imaging.full_range import FullRange
from cxr_core.inference.explain.heatmap import outline

MAX_SIDE, PHONE_SIDE = 1600, 900
JPEG_QUALITY = 90
_DEFLATE = 1  # the fastest


def screen_jpeg(pixels: np.ndarray, side: int = MAX_SIDE) -> bytes:
    """A film, `uint8 (H, W)`, as a JPEG with no side longer than `side` pixels."""
    scale = side / max(pixels.shape)
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def as_link(picture: bytes) -> str:
    """A JPEG as a link that holds it."""
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def heat_data(heatmap: np.ndarray | None) -> dict[str, Any] | None:
    """A heatmap, `float32 (h, w)` in [0, 1], with its outline, for the browser."""
    if heatmap is None:
        return None
    return {
        "width": heatmap.shape[1],
        "height": heatmap.shape[0],
        "outline": [line.round(4).tolist() for line in outline(heatmap)],
        "values": base64.b64encode((np.clip(heatmap, 0, 1) * 255).astype(np.uint8).tobytes()).decode(),
    }


def film_data(
    key: str, name: str, picture: bytes, source: Provenance, full_range: FullRange | None = None
) -> dict[str, Any]:
    """A film for the browser. key: that stands for it. picture: its JPEG. full_range: once the browser asked for it."""
    spacing = millimetres(source)
    return {
        "film": key,
        "name": name,
        "picture": as_link(picture),
        "width": source.width,
        "height": source.height,
        "millimetres": spacing and spacing[0],
        "at_detector": spacing and spacing[1],
        "values": values_data(full_range) if full_range else None,
    }


def values_data(film: FullRange) -> dict[str, Any]:
    """A film's values for the browser: differences along the rows, upper bytes before lower ones, deflated."""
    changes = film.values.copy()
    changes[:, 1:] -= film.values[:, :-1]  # modulo 65,536, as in the browser
    planes = (changes >> 8).astype(np.uint8).tobytes() + (changes & 255).astype(np.uint8).tobytes()
    return {
        "width": film.values.shape[1],
        "height": film.values.shape[0],
        "data": base64.b64encode(zlib.compress(planes, _DEFLATE)).decode(),
        "curve": base64.b64encode(zlib.compress(film.curve.tobytes(), _DEFLATE)).decode(),
        "slope": film.slope,
        "intercept": film.intercept,
        "bits": film.bits,
        "own": list(film.window()),
        "presets": {name: list(window) for name, window in film.presets().items()},
    }


def millimetres(source: Provenance) -> tuple[float, bool] | None:
    """The side of a film's pixel in mm and whether that is at the detector, by a DICOM header; None if it is not known.

    A film whose pixels were not square was enlarged along their longer side. The spacing of a plain radiograph is that
    at the detector, where the patient is magnified (PS3.3 10.7.1.3).
    """
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        try:
            sides = [float(side) for side in source.header.get(keyword, "").split("\\")]
        except ValueError:
            continue
        if len(sides) == 2 and all(0.01 <= side <= 5 for side in sides):
            return min(sides), source.header[keyword] == source.header.get("ImagerPixelSpacing")
    return None
