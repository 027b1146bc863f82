"""Small films and folders of them for the tests of the data room."""

import functools
import io
from pathlib import Path

import numpy as np
from PIL import Image

from cxr_core.datasets.index import Index, build_index
from cxr_core.training.gate import synthetic


def jpeg(seed: int = 0, size: tuple[int, int] = (64, 48), mode: str = "L", quality: int = 90) -> bytes:
    """A JPEG of smooth noise, `size` as (width, height); each seed gives another picture."""
    bands = np.random.default_rng(seed).integers(0, 256, (6, 8, len(Image.new(mode, (1, 1)).getbands())), np.uint8)
    image = Image.fromarray(bands.squeeze()).resize(size, Image.Resampling.BICUBIC)
    return encoded(image, "JPEG", quality=quality)


def encoded(image: Image.Image, kind: str, **how) -> bytes:
    """The image as a file of that format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def no_chest(seed: int = 0) -> bytes:
    """A picture of nothing, as a PNG."""
    return encoded(Image.fromarray(synthetic.noise(np.random.default_rng(seed), 160)), "PNG")


def write(root: Path, files: dict[str, bytes]) -> Path:
    """Writes files by their path below `root`; returns `root`."""
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root


def kaggle_folder(root: Path, patients: int = 20) -> Path:
    """A small set in the Kaggle layout: train and test, each with `patients` children a class of one to three films."""
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
    """The index of a folder of real films, made once for all tests that only read it."""
    return build_index(root)
