"""8-bit DCT JPEG streams are decoded by Pillow (libjpeg-turbo), and checked for missing blocks."""

import io

import numpy as np
from PIL import Image, ImageChops

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.jpeg import JpegStream, last_block, restarts_missing, with_more_data
from cxr_core.languages import message

_MID_GREY = 128


def decode_samples(data: bytes, stream: JpegStream) -> np.ndarray:
    """The components as stored, without colour conversion: `uint8 (H, W)`, or `(H, W, 3)`.

    Raises `UnreadableFilm` if blocks are missing or there are neither 1 nor 3 components.
    """
    if len(stream.component_ids) not in (1, 3):
        raise UnreadableFilm(
            message("a JPEG image of {count} components, where 1 or 3 are read", count=len(stream.component_ids))
        )
    with _open(data) as image:
        _as_stored(image, stream)
        image.load()
        check_complete(image, data, stream)
        return np.array(image)


def check_complete(image: Image.Image, data: bytes, stream: JpegStream) -> None:
    """Raise `UnreadableFilm` if the last blocks of a loaded image are missing from its stream.

    libjpeg leaves missing blocks at exactly mid grey. A film may have such a border, so that one whose last block is
    mid grey is decoded a second time, with more data at the end. So is a progressive one, where missing data of a later
    scan only blur.
    """
    last = image.crop(last_block(stream))
    if not stream.progressive and any(extrema != (_MID_GREY, _MID_GREY) for extrema in _extrema(last)):
        return
    missing = restarts_missing(data, stream)
    if not missing:
        with _open(with_more_data(data, stream)) as again:
            if image.mode == "YCbCr":
                _as_stored(again, stream)
            again.load()
            channels = zip(image.split(), again.split(), strict=True)
            missing = any(ImageChops.difference(one, other).getbbox() for one, other in channels)
    if missing:
        raise UnreadableFilm(message("a truncated JPEG file (its lower part is missing)"))


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("JPEG",))


def _as_stored(image: Image.Image, stream: JpegStream) -> None:
    """Ask for components without conversion; where libjpeg takes them for RGB, it converts nothing anyway."""
    taken_for_rgb = stream.adobe_transform == 0 if stream.adobe_transform is not None else False
    taken_for_rgb = taken_for_rgb or (stream.adobe_transform is None and stream.component_ids == tuple(b"RGB"))
    if image.mode == "RGB" and (not taken_for_rgb or "jfif" in image.info):
        image.draft("YCbCr", None)


def _extrema(image: Image.Image) -> list[tuple[int, int]]:
    """The lowest and highest value of each band."""
    return [band.getextrema() for band in image.split()]  # type: ignore[misc]
