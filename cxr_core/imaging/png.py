"""Pictures written as PNG."""

from pathlib import Path

import cv2
import numpy as np

from cxr_core.errors import work_error
from cxr_core.files import replace_atomically


def write_png(file: Path, picture: np.ndarray) -> None:
    """Write a picture, grey or RGB, `uint8` or `uint16`, `(H, W)` or `(H, W, 3)`; the file is replaced as a whole.

    OpenCV's own writer ends the process for a name that is not UTF-8, and reports no full disk.
    Raises WorkError if the file cannot be written.
    """
    _, encoded = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)
    try:
        with replace_atomically(file) as part:
            part.write_bytes(encoded.tobytes())
    except OSError as error:
        raise work_error(file, "the picture cannot be written", error) from error
