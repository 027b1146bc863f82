"""The cache of model inputs: films are decoded once into a memory-mapped file."""

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from cxr_core.datasets.unchanged import check_unchanged
from cxr_core.files import is_sealed, seal, store_file
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.jpeg import may_be_complete
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_VERSION = 3  # raise it when the results of `luminance` or `Preprocessing.apply` change
_END_BYTES = 4096  # read from either end of a file, to see whether it is CMYK or truncated
_LARGE_BYTES = 50_000  # smaller files are handed to threads several at a time


def cached_inputs(
    root: Path,
    films: pd.DataFrame,
    preprocessing: Preprocessing,
    progress: Progress | None = None,
) -> np.ndarray:
    """The films as model inputs, decoded at most once on this machine.

    films: readable rows of `Index.films`. progress: counts films. Returns a read-only memory map in their order,
    `uint8 (N, S, S)`, 0 to 255. Raises UnreadableFilm for a film that cannot be decoded or has changed since it was
    indexed, WorkError if the cache cannot be written. A cache file with a damaged part is written again.
    """
    file = input_file(films, preprocessing)
    if not is_sealed(file):
        with store_file(file, "the films") as part:
            _write(part, root, films, preprocessing, progress)
            seal(part)
    inputs: np.ndarray = np.load(file, mmap_mode="r")
    return inputs


def input_file(films: pd.DataFrame, preprocessing: Preprocessing) -> Path:
    """Where `cached_inputs` keeps them: a name made of the films' contents, the same on every machine."""
    key = json.dumps([_VERSION, films["sha256"].tolist(), preprocessing.to_dict()]).encode()
    return cache_folder("films") / f"{hashlib.sha256(key).hexdigest()[:24]}.npy"


def _write(
    file: Path,
    root: Path,
    films: pd.DataFrame,
    preprocessing: Preprocessing,
    progress: Progress | None,
) -> None:
    side, paths = preprocessing.size, films["path"].tolist()
    jpeg, grey = (films["format"] == "JPEG").to_numpy(), (~films["colour"].astype(bool)).to_numpy()
    ascii_path = films["path"].str.isascii().to_numpy() & str(root).isascii()  # OpenCV on Windows opens no other
    large = jpeg & ascii_path & (films["bytes"] > _LARGE_BYTES).to_numpy()
    shapes = films[["height", "width"]].to_numpy()
    indexed = list(zip(films["bytes"].tolist(), films["modified"].tolist(), strict=True))
    thread = threading.local()

    def allocate() -> None:
        thread.pixels = np.empty(shapes[large].prod(axis=1).max(initial=0), np.uint8)  # reused: allocation is slow

    def decode(i: int) -> np.ndarray:
        into = thread.pixels[: shapes[i].prod()].reshape(shapes[i]) if large[i] else None
        pixels = luminance(root / paths[i], grey[i], into) if jpeg[i] else None
        pixels = read_film(root / paths[i]).pixels if pixels is None else pixels
        check_unchanged(root / paths[i], *indexed[i])
        return preprocessing.apply(pixels)

    def decode_batch(rows: range) -> bytes:
        return b"".join(decode(i).data for i in rows)

    batch = max(1, round(_LARGE_BYTES / max(1, films["bytes"].median())))
    batches = [range(i, min(i + batch, len(paths))) for i in range(0, len(paths), batch)]
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(paths), side, side)}
    # Written, not memory-mapped: on a full disk, writing to a memory map kills the process.
    with file.open("wb") as opened, ThreadPoolExecutor(os.cpu_count(), initializer=allocate) as pool:
        np.lib.format.write_array_header_1_0(opened, header)
        for rows, inputs in zip(batches, pool.map(decode_batch, batches), strict=True):
            opened.write(inputs)
            if progress:
                progress(rows.stop, len(paths))
        opened.flush()
        os.fsync(opened.fileno())


def luminance(file: Path, grey: bool, into: np.ndarray | None = None) -> np.ndarray | None:
    """The luminance of a JPEG, `uint8 (H, W)`; None for a film that `read_film` must decode.

    A JPEG stores luminance in a channel of its own. Decoding only this channel is five times as fast as decoding colour
    and converting it. The result equals that of `read_film`; with colour it differs by up to a few grey values. None
    for a file that is CMYK or may be truncated. grey: whether the file has one channel. into: `uint8 (H, W)` that
    receives the pixels; None for a film of another shape.
    """
    try:
        with file.open("rb") as opened:
            first = last = opened.read(-1 if into is None else _END_BYTES)
            if into is not None:
                opened.seek(max(0, opened.seek(0, os.SEEK_END) - _END_BYTES))
                last = opened.read()
        if not may_be_complete(last) or (not grey and b"Adobe" in first[:_END_BYTES]):  # it may be CMYK
            return None
        if into is None:
            pixels = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_GRAYSCALE)
        else:
            pixels = cv2.imread(str(file), into, cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None
    return None if pixels is None or (pixels[-8:] == 128).all() else pixels
