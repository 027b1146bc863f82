"""A film as DICOM in every transfer syntax and bit depth that pydicom and gdcm can write."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from tests.support.files.dicom_files import dataset, saved

DEPTHS = (8, 10, 12, 14, 16)
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
_PYDICOM: dict[str, tuple[UID, dict[str, object]]] = {
    "pydicom RLE": (RLELossless, {}),
    "pydicom JPEG-LS": (JPEGLSLossless, {}),
    "pydicom JPEG-LS near lossless": (JPEGLSNearLossless, {"jls_error": 2}),
    "pydicom JPEG 2000": (JPEG2000Lossless, {}),
    "pydicom JPEG 2000 lossy": (JPEG2000, {"j2k_cr": [4]}),
}
_GDCM = {
    "gdcm JPEG lossless": ("--jpeg",),
    "gdcm JPEG-LS": ("--jpegls",),
    "gdcm JPEG 2000": ("--j2k",),
    "gdcm RLE": ("--rle",),
    "gdcm JPEG-LS near lossless": ("--lossy", "-e", "2", "--jpegls"),
    "gdcm JPEG 2000 lossy": ("--lossy", "-q", "95", "--j2k"),
    "gdcm JPEG baseline": ("--lossy", "-q", "95", "--jpeg"),  # at 8 bits; its 12 bits are no valid JPEG
}


def syntaxes(bits: int) -> list[str]:
    """The names of what can be written for this depth."""
    gdcm = [name for name in _GDCM if bits == 8 or name != "gdcm JPEG baseline"] if shutil.which("gdcmconv") else []
    return [*(f"native {syntax.name}" for syntax in _NATIVE), *_PYDICOM, *gdcm]


def is_lossless(name: str) -> bool:
    """Whether the film has to come out identical."""
    return "loss" not in name.replace("JPEG lossless", "") and "baseline" not in name


def values_of(pixels: np.ndarray, bits: int) -> np.ndarray:
    """A film `uint8 (H, W)` with `bits`: `uint8` or `uint16 (H, W)`, noise in the additional bits."""
    noise = np.random.default_rng(0).integers(0, 2 ** (bits - 8), pixels.shape)
    return ((pixels.astype(np.int32) << (bits - 8)) + noise).astype(np.uint8 if bits == 8 else np.uint16)


def written(values: np.ndarray, bits: int, name: str) -> bytes:
    """A DICOM file of these values whose window spans all of them, in the transfer syntax of that name."""
    native = next((syntax for syntax in _NATIVE if name == f"native {syntax.name}"), ExplicitVRLittleEndian)
    film = dataset(values, bits, native, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits)
    if name in _PYDICOM:
        syntax, options = _PYDICOM[name]
        film.compress(syntax, generate_instance_uid=False, **options)  # type: ignore[arg-type]
    if name not in _GDCM:
        return saved(film)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.dcm", Path(folder) / "target.dcm"
        source.write_bytes(saved(film))
        subprocess.run(["gdcmconv", *_GDCM[name], str(source), str(target)], check=True, capture_output=True)
        return target.read_bytes()
