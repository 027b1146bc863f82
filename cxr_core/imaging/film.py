"""One film: grey pixels and where they came from."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Provenance:
    """What a file was before it became a film. Holds nothing that identifies a patient.

    format: "JPEG", "PNG", "TIFF", "BMP", "WebP" or "DICOM".
    width, height: pixels as displayed (after EXIF orientation).
    bits: bits per sample as stored, 1 to 16.
    colour: whether the stored pixels had colour that differs between channels.
    steps: how the stored pixels were processed, in order, each a short English phrase.
    header: for DICOM, the technical fields of `dicom_fields` by keyword (modality, view, age, sex ...), else empty.
    """

    format: str
    width: int
    height: int
    bits: int
    colour: bool = False
    steps: tuple[str, ...] = ()
    header: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Film:
    """One grey film, valid once it exists.

    pixels: `uint8 (H, W)`, C-contiguous, read-only; 0 is black, 255 white, bone is white.
    name: the file's name without its folders.
    sha256: of the file's bytes, 64 lower-case hexadecimal digits.
    source: where the pixels came from.
    """

    pixels: np.ndarray
    name: str
    sha256: str
    source: Provenance

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8 or 0 in self.pixels.shape:
            raise ValueError(f"a film is uint8 (H, W), not {self.pixels.dtype} {self.pixels.shape}")
        self.pixels.setflags(write=False)
