"""Film -> model input, the same in training and inference; its settings are stored with the model."""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from cxr_core.errors import SettingsError, not_one_of

CONTRASTS = ("none", "equalise", "standardise")
RESIZES = ("area", "via_224")
_COPY, _COPY_QUALITY = 224, 75
_MEAN, _SPREAD, _LEAST_SPREAD = 128.0, 52.0, 1.0  # of the grey values of a standardised film
_EDGE = 0.1  # of the side: letters, borders and collimator edges do not count for them


@dataclass(frozen=True)
class Preprocessing:
    """How a film becomes the input of a network.

    The film is stretched to a square: at published size the median width/height of this data set is 1.21 for
    NORMAL and 1.50 for PNEUMONIA, so letterboxing would reveal the class to the network.

    size: side of the square in pixels, 16 to 1024.
    contrast: "none", or "equalise": histogram equalisation (Gonzalez & Woods, ch. 3), after which only the order
        of grey values matters, not exposure or window; or "standardise": the middle of the film gets mean 128 and
        standard deviation 52, so that a linear change of exposure, gain or offset, leaves no trace.
    resize: "area", pixel-area averaging; or "via_224", for networks trained on copies of 224 x 224 pixels. A film
        larger than that on both sides is first reduced to such a copy: bilinear interpolation with antialiasing
        (Pillow's; of the common methods it comes closest to the copies of this data set) and JPEG at quality 75, as
        in the copies, since sharpness and JPEG artefacts influence the network.
    smoothing: standard deviation in pixels of the square, 0 to 3, of a Gaussian blur (Gonzalez & Woods, ch. 3). It
        removes sharpness differences between resizing methods, which carry no diagnostic information.
    """

    size: int = 128
    contrast: str = "none"
    resize: str = "area"
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 16 <= self.size <= 1024:
            raise SettingsError(thing=f"size {self.size}", accepted="an input size from 16 to 1024 pixels is accepted")
        if self.contrast not in CONTRASTS:
            raise not_one_of("contrast", self.contrast, CONTRASTS)
        if self.resize not in RESIZES:
            raise not_one_of("resize", self.resize, RESIZES)
        if self.resize == "via_224" and self.size > _COPY:
            raise SettingsError(
                f"size {self.size} is larger than the copy",
                thing="resize via_224",
                accepted=f"up to {_COPY} is accepted",
            )
        if not 0 <= self.smoothing <= 3:
            raise SettingsError(thing=f"smoothing {self.smoothing}", accepted="0 to 3 pixels are accepted")

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """`uint8 (H, W)` -> `uint8 (size, size)`."""
        if self.resize == "via_224" and min(pixels.shape) > _COPY:
            pixels = _copy(pixels)
        small = _squared(pixels, self.size)
        if self.smoothing:
            small = cv2.GaussianBlur(small, (0, 0), self.smoothing)
        if self.contrast == "standardise":
            return standardised(small)
        return cv2.equalizeHist(small) if self.contrast == "equalise" else small

    def to_dict(self) -> dict[str, Any]:
        """The settings for the model's card, ready for JSON."""
        return asdict(self)


def standardised(small: np.ndarray) -> np.ndarray:
    """Grey values `uint8 (S, S)` moved and stretched to the mean and spread of a usual film, `uint8`, clipped.

    Mean and standard deviation are those of the middle, without a tenth of the side at each edge. A blank film stays
    blank.
    """
    edge = int(_EDGE * len(small))
    middle = small[edge : len(small) - edge, edge : len(small) - edge].astype(np.float32)
    gain = _SPREAD / max(float(middle.std()), _LEAST_SPREAD)
    table = np.clip(np.rint((np.arange(256) - float(middle.mean())) * gain + _MEAN), 0, 255).astype(np.uint8)
    standardised: np.ndarray = table[small]
    return standardised


def _copy(pixels: np.ndarray) -> np.ndarray:
    """A large film `uint8 (H, W)` reduced like the copies of this data set, `uint8 (224, 224)`."""
    small = Image.fromarray(pixels).resize((_COPY, _COPY), Image.Resampling.BILINEAR)
    _, data = cv2.imencode(".jpg", np.asarray(small), [cv2.IMWRITE_JPEG_QUALITY, _COPY_QUALITY])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)  # type: ignore[return-value]


def _squared(pixels: np.ndarray, size: int) -> np.ndarray:
    """A film `uint8 (H, W)` as `uint8 (size, size)`: pixel-area averaging, linear interpolation where it is enlarged.

    A film is halved first while it stays at least 224 pixels a side, see `halved`. The result is also closer to
    the small copies of this data set.
    """
    if min(pixels.shape) < size:
        return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)
    return cv2.resize(halved(pixels, max(size, _COPY)), (size, size), interpolation=cv2.INTER_AREA)


def halved(pixels: np.ndarray, shortest: int = 320) -> np.ndarray:
    """A film `uint8 (H, W)`, halved while both its sides stay at least `shortest`; an odd last row or column is cut.

    OpenCV averages two by two pixels many times faster than areas that overlap. A film below twice `shortest` on a
    side is returned as it is.
    """
    while min(pixels.shape) >= 2 * shortest:
        height, width = (side // 2 for side in pixels.shape)
        pixels = cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return pixels
