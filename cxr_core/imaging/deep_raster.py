"""PNG and TIFF images that Pillow cannot hold: 16-bit colour, 16 bits with alpha, 10 or 14 bits. Decoded by OpenCV."""

import io

import cv2
import numpy as np
from PIL import TiffImagePlugin

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.colour import TOLERANCE
from cxr_core.imaging.limits import check_size
from cxr_core.languages import counted, message

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _FORMAT = 256, 257, 258, 259, 277, 339  # TIFF 6.0, section 8
_INTEGERS = 1
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # it writes to standard error what is refused here
_REC_601 = (0.114, 0.587, 0.299)  # OpenCV's order: blue, green, red


def check_tiff(data: bytes) -> int:
    """Bits per sample of a TIFF that Pillow does not know. Raises `UnreadableFilm` that names its kind."""
    try:
        head = data[:16] if data[2] == 43 or data[3] == 43 else data[:8]  # BigTIFF has a longer header
        tags = TiffImagePlugin.ImageFileDirectory_v2(head)
        file = io.BytesIO(data)
        file.seek(tags.next)
        tags.load(file)
        bits = [int(value) for value in np.atleast_1d(tags.get(_BITS, 1))]
        samples, compression = int(tags.get(_SAMPLES, 1)), int(tags.get(_COMPRESSION, 1))
        size, integers = (
            (int(tags[_WIDTH]), int(tags[_HEIGHT])),
            int(np.atleast_1d(tags.get(_FORMAT, 1))[0]) == _INTEGERS,
        )
    except Exception:  # any error of the parser means damaged tags
        raise UnreadableFilm(message("a TIFF file whose tags are truncated or damaged")) from None
    check_size(*size)
    if samples != 1 or not integers or not 8 < bits[0] <= 16:
        grey_with_alpha, others = (
            message("grey with alpha"),
            counted("{count} sample a pixel", "{count} samples a pixel", samples),
        )
        about = {"samples": grey_with_alpha if samples == 2 else others, "bits": bits[0], "compression": compression}
        raise UnreadableFilm(
            message(
                "a TIFF image of a kind that is not read ({samples}, {bits} bits, compression {compression})",
                **about,
            )
            if integers
            else message(
                "a TIFF image of a kind that is not read ({samples}, {bits} bits, no unsigned "
                "integers, compression {compression})",
                **about,
            )
        )
    return bits[0]


def grey_values(data: bytes, kind: str) -> tuple[np.ndarray, np.ndarray | None, bool]:
    """Luminance and alpha of a deep image, `uint16 (H, W)` each, and whether it has colour. A TIFF comes rotated.

    Alpha is None without one. Raises `UnreadableFilm` if OpenCV cannot decode the image with 16 bits.
    """
    values = _decoded(data)
    if values is None or values.dtype != np.uint16:
        raise UnreadableFilm(
            message("a {kind} image of more than 8 bits whose samples or compression are of a kind not read", kind=kind)
        )
    if values.ndim == 2:
        return values, None, False
    colours, alpha = values[..., :3], np.ascontiguousarray(values[..., 3]) if values.shape[2] == 4 else None
    spread = int(np.ptp(colours, axis=2).max())
    if spread == 0:
        return np.ascontiguousarray(colours[..., 0]), alpha, False
    luminance = np.rint(colours @ np.array(_REC_601, np.float32)).astype(np.uint16)
    return luminance, alpha, spread > TOLERANCE / 255 * int(colours.max())


def _decoded(data: bytes) -> np.ndarray | None:
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
