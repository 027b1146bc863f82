"""The perceptual fingerprints of a model's films, `fingerprints.npz` of its folder."""

import zlib
from pathlib import Path

import numpy as np

from cxr_core.datasets.quality.fingerprints import WORDS, KnownFilms
from cxr_core.errors import DamagedRecord, UnusableFile
from cxr_core.files import replace_atomically
from cxr_core.limits import read_arrays

NAME = "fingerprints.npz"


def write_fingerprints(folder: Path, films: KnownFilms) -> None:
    """Write the file into a model folder. Raises OSError."""
    with replace_atomically(folder / NAME) as part, part.open("wb") as file:
        np.savez_compressed(file, contents=films.contents, fingerprints=films.fingerprints)


def read_fingerprints(folder: Path) -> KnownFilms | None:
    """What the file holds; None without one. Raises DamagedRecord."""
    file = folder / NAME
    if not file.is_file():
        return None
    try:
        arrays = read_arrays(file)
        films = KnownFilms(arrays["contents"], arrays["fingerprints"])
        fits = films.contents.dtype == films.fingerprints.dtype == np.uint64
        if not fits or films.fingerprints.shape != (*films.contents.shape, WORDS):
            raise ValueError("wrong shapes")
    except (UnusableFile, KeyError, ValueError, zlib.error) as error:
        raise DamagedRecord(
            "not the fingerprints of a model's films", thing=file, accepted="publish the model again"
        ) from error
    return films
