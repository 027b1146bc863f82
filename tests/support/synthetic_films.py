"""Small synthetic films, and data sets of them, for tests."""

import functools
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cxr_core.datasets.index import Index, build_index
from cxr_core.training.gate import synthetic


def jpeg(seed: int = 0, size: tuple[int, int] = (64, 48), mode: str = "L", quality: int = 90) -> bytes:
    """A JPEG of smooth noise; size: (width, height) in pixels. Each seed gives another image."""
    bands = np.random.default_rng(seed).integers(0, 256, (6, 8, len(Image.new(mode, (1, 1)).getbands())), np.uint8)
    image = Image.fromarray(bands.squeeze()).resize(size, Image.Resampling.BICUBIC)
    return encoded(image, "JPEG", quality=quality)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as the bytes of a file of the format `kind`; options: for Pillow's encoder."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_comment(jpeg: bytes, text: str) -> bytes:
    """A JPEG file with a comment of its own, so that it has other bytes."""
    comment = text.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def no_chest(seed: int = 0) -> bytes:
    """Noise that shows no chest, as a PNG."""
    return encoded(Image.fromarray(synthetic.noise(np.random.default_rng(seed), 160)), "PNG")


def write(root: Path, files: dict[str, bytes]) -> Path:
    """Writes files, given by their path relative to `root`, and returns `root`."""
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root


def kaggle_folder(root: Path, patients: int = 20) -> Path:
    """A small data set in the Kaggle layout: train and test, `patients` per class in each, with one to three films."""
    files: dict[str, bytes] = {}
    for s, split in enumerate(("train", "test")):
        for i in range(patients):
            kind = "bacteria" if i % 2 else "virus"
            for j in range(1 + i % 3):
                seed = 10_000 * s + 100 * i + j
                files[f"{split}/NORMAL/IM-{1000 * (s + 1) + i}-{j:04}.jpeg"] = jpeg(seed)
                files[f"{split}/PNEUMONIA/person{1000 * (s + 1) + i}_{kind}_{j}.jpeg"] = jpeg(seed + 50)
    return write(root, files)


@functools.cache
def index_once(root: Path) -> Index:
    """The index of a folder of real films, computed once for all tests that only read it."""
    return build_index(root)
