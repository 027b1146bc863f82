"""Films decoded once into a memory-mapped file of model inputs."""

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from cxr_core.files import store_file
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.imaging.raster import is_cut
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_VERSION = 3  # raise it when `luminance` or `Preprocessing.apply` answer differently
_HEADER = 4096
_LARGE = 50_000  # bytes: handing a smaller file to a thread by itself costs more than decoding it


def cached_inputs(
    root: Path,
    films: pd.DataFrame,
    preprocessing: Preprocessing,
    progress: Progress | None = None,
) -> np.ndarray:
    """The films as model inputs, decoded at most once on this machine.

    films: readable rows of `Index.films`. Returns a read-only memory map `uint8 (N, S, S)` in their order.
    Raises UnreadableFilm for a film that went bad since the index, WorkError if the cache cannot be written.
    """
    key = json.dumps([_VERSION, films["sha256"].tolist(), preprocessing.to_dict()]).encode()
    file = cache_folder("films") / f"{hashlib.sha256(key).hexdigest()[:24]}.npy"
    if not file.exists():
        with store_file(file, "the films") as part:
            _write(part, root, films, preprocessing, progress)
    return np.load(file, mmap_mode="r")


def _write(
    file: Path,
    root: Path,
    films: pd.DataFrame,
    preprocessing: Preprocessing,
    progress: Progress | None,
) -> None:
    side, paths = preprocessing.size, films["path"].tolist()
    plain, grey = (films["format"] == "JPEG").to_numpy(), (~films["colour"].astype(bool)).to_numpy()
    openable = films["path"].str.isascii().to_numpy() & str(root).isascii()  # by OpenCV on Windows
    large = plain & openable & (films["bytes"] > _LARGE).to_numpy()
    shapes = films[["height", "width"]].to_numpy()
    thread = threading.local()

    def begin() -> None:
        thread.pixels = np.empty(shapes[large].prod(axis=1).max(initial=0), np.uint8)  # fresh memory takes time

    def decode(i: int) -> np.ndarray:
        into = thread.pixels[: shapes[i].prod()].reshape(shapes[i]) if large[i] else None
        pixels = luminance(root / paths[i], grey[i], into) if plain[i] else None
        return preprocessing.apply(read_film(root / paths[i]).pixels if pixels is None else pixels)

    def decode_part(rows: range) -> bytes:
        return b"".join(decode(i).data for i in rows)

    at_once = max(1, round(_LARGE / max(1, films["bytes"].median())))
    parts = [range(i, min(i + at_once, len(paths))) for i in range(0, len(paths), at_once)]
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(paths), side, side)}
    # Written, not mapped: a map of a file that the disk has no room for ends the process.
    with file.open("wb") as opened, ThreadPoolExecutor(os.cpu_count(), initializer=begin) as pool:
        np.lib.format.write_array_header_1_0(opened, header)
        for rows, inputs in zip(parts, pool.map(decode_part, parts), strict=True):
            opened.write(inputs)
            if progress:
                progress(rows.stop, len(paths))
        opened.flush()
        os.fsync(opened.fileno())


def luminance(file: Path, grey: bool, into: np.ndarray | None = None) -> np.ndarray | None:
    """Pixels `uint8 (H, W)` of an ordinary JPEG, `grey` or in colour; None for one that `read_film` should look at.

    A JPEG stores luminance by itself. Taking that alone is five times as fast as colour and back, and gives what
    `read_film` gives, to a few grey values where there is colour. What might be truncated is left to `read_film`.
    into: `uint8 (H, W)` that receives the pixels; a film of another shape is left to `read_film`.
    """
    try:
        with file.open("rb") as opened:
            first = last = opened.read(-1 if into is None else _HEADER)
            if into is not None:
                opened.seek(max(0, opened.seek(0, os.SEEK_END) - _HEADER))
                last = opened.read()
        if is_cut(last) or (not grey and b"Adobe" in first[:_HEADER]):  # it may be CMYK
            return None
        if into is None:
            pixels = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_GRAYSCALE)
        else:
            pixels = cv2.imread(str(file), into, cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None
    return None if pixels is None or (pixels[-8:] == 128).all() else pixels
