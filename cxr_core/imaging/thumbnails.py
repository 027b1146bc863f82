"""Reduced films for pages that show many."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from cxr_core.errors import UnreadableFilm, UnusableFile
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.limits import MAX_BYTES
from cxr_core.limits import read_bytes


def thumbnail(file: Path, side: int) -> tuple[np.ndarray, bytes]:
    """A film no larger than `side` pixels a side, `uint8 (h, w)`, bone white, and the file's bytes.

    Large JPEGs are decoded at an eighth to a half of their size, which the format allows. Raises UnreadableFilm.
    """
    try:
        data = read_bytes(file, MAX_BYTES)
    except UnusableFile as error:
        raise UnreadableFilm(error.problem, thing=file.name, accepted="restore it") from error
    pixels = _reduced_jpeg(data, side) if data.startswith(b"\xff\xd8") else None
    if pixels is None:
        pixels = decode_film(data, file.name).pixels
    return shrunk(pixels, side), data


def shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    """`uint8 (H, W)` or `(H, W, 3)` reduced so that no side exceeds `side`; smaller images are returned unchanged."""
    scale = side / max(pixels.shape[:2])
    return pixels if scale >= 1 else cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _reduced_jpeg(data: bytes, side: int) -> np.ndarray | None:
    """The JPEG in grey at the smallest size of at least `side`; None where the full decoder has to decide."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if max(image.size) < 2 * side:
                return None
            image.draft("L", (side, side))
            return np.asarray(ImageOps.exif_transpose(image).convert("L"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
