"""Debian's dcmtk and gdcm as independent references. Tests that need one are skipped, by name, where it is absent."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PACKAGES = {"gdcmconv": "libgdcm-tools"}  # the other tools are in dcmtk


def tool(name: str) -> str:
    """The path of a command; skips the test without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {PACKAGES.get(name, 'dcmtk')})")
    return found


def converted(data: bytes, folder: Path, *command: str) -> bytes:
    """A DICOM file rewritten by a command that takes options, the file and the output file."""
    source, target = folder / "source.dcm", folder / "converted.dcm"
    source.write_bytes(data)
    subprocess.run([tool(command[0]), *command[1:], str(source), str(target)], check=True, capture_output=True)
    return target.read_bytes()


def dcmtk_pixels(data: bytes, folder: Path, *options: str, command: str = "dcmj2pnm") -> np.ndarray:
    """The image as dcmtk displays it, `uint8 (H, W)`. command: dcm2pnm, dcmj2pnm (JPEG) or dcml2pnm (JPEG-LS)."""
    source, target = folder / "film.dcm", folder / "film.pgm"
    source.write_bytes(data)
    subprocess.run([tool(command), *options, str(source), str(target)], check=True, capture_output=True)
    with Image.open(target) as image:
        return np.asarray(image.convert("L"))
