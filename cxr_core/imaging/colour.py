"""Colour images become grey: Rec. 601 luminance, and the decision whether three channels are RGB or YCbCr."""

from typing import Literal

import numpy as np
from PIL import Image, ImageChops

from cxr_core.languages import message

ColourModel = Literal["RGB", "YBR"]

# Lossy chroma changes the channels of grey pixels slightly; only larger differences (of 255) count as colour.
TOLERANCE = 8
_NEARLY_ALL = 0.9
_CHROMA_GAIN = 1.77  # the spread of RGB for a step of Cb
_NEUTRAL = 128  # Cb and Cr of grey (ITU-T T.871)


def grey_of(image: Image.Image, model: ColourModel, steps: list[str]) -> tuple[np.ndarray, bool]:
    """A three-channel image as `uint8 (H, W)`, and whether it has colour. The pixels overrule a wrong `model`.

    Equal channels are a grey film in RGB, and a first channel that varies beside two near 128 is one in YCbCr, whatever
    the file declares: read the other way round, either would be answered with wrong brightness. The same holds for one
    channel that varies beside two constant ones.

    image: of mode RGB; its channels may hold Y, Cb and Cr. model: what the file declares them to be.
    """
    channels = image.split()
    if _spread(channels) <= TOLERANCE:
        steps.append(message("equal channels to one"))
        return np.array(channels[0]) if model == "YBR" else np.array(image.convert("L")), False
    values = np.asarray(image)
    lowest, highest = values.min(axis=(0, 1)).astype(int), values.max(axis=(0, 1)).astype(int)
    varying = np.flatnonzero(highest - lowest > TOLERANCE)
    neutral = np.abs(values[..., 1:].astype(np.int16) - _NEUTRAL).max(axis=2) <= TOLERANCE
    if 0 in varying and neutral.mean() >= _NEARLY_ALL:
        steps.append(
            message("luminance of YCbCr") if model == "YBR" else message("luminance of YCbCr, declared as RGB")
        )
        return np.array(channels[0]), not neutral.all()
    if len(varying) == 1:
        steps.append(message("the one channel that varies"))
        return np.array(channels[varying[0]]), True
    steps.append(message("colour to luminance"))
    if _likelier_model(values, model) == "YBR":
        return np.array(channels[0]), True
    return np.array(image.convert("L")), True


def _likelier_model(values: np.ndarray, declared: ColourModel) -> ColourModel:
    """The model in which an image is much less colourful, else the declared one: films are grey or slightly tinted."""
    as_rgb = float(np.ptp(values, axis=2).mean())
    as_ybr = float(np.abs(values[..., 1:].astype(np.int16) - _NEUTRAL).max(axis=2).mean()) * _CHROMA_GAIN
    if declared == "RGB":
        return "YBR" if as_ybr < as_rgb / 2 else "RGB"
    return "RGB" if as_rgb < as_ybr / 2 else "YBR"


def _spread(channels: tuple[Image.Image, ...]) -> int:
    """The largest difference between the channels of a pixel."""
    red, green, blue = channels
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return int(ImageChops.subtract(brightest, darkest).getextrema()[1])  # type: ignore[arg-type]
