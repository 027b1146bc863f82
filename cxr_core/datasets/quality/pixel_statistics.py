"""Statistics of the pixels of every film, which the headers do not give.

Each film is decoded at a small size for its thumbnail, brightness, contrast, colour, perceptual hash and marks in the
corners. The statistics are cached under `CXR_HOME` by the content of the file: the same film is decoded once, in
whatever folder it lies.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.corner_marks import CORNERS, find_corner_marks
from cxr_core.datasets.unchanged import check_unchanged
from cxr_core.errors import UnreadableFilm, UnusableFile
from cxr_core.files import is_sealed, locked, seal, store_file
from cxr_core.imaging.decode import decode_film
from cxr_core.limits import read_bytes
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

SIDE = 64  # of the thumbnails
_WORKING_SIDE = 128
_HASH_SIDE = 8
_MOST_GREY = 8  # grey values between the channels of a grey film, as in the decoder: JPEG colour is lossy
_CACHE_VERSION = 1
_REPORT_EVERY = 50  # films


@dataclass(frozen=True, eq=False)
class PixelStatistics:
    """The statistics of the films of `Index.readable`, in its order.

    thumbnails: `uint8 (N, SIDE, SIDE)`, stretched to a square, bone white. hashes: `uint64 (N,)`, perceptual.
    table: on the index of the films, with the columns `mean` and `spread` (standard deviation), grey values of 0 to
    255; `colour`; `fault`, "" or why the pixels cannot be decoded, in which case all else is 0; and for each of CORNERS
    whether there is a mark.
    """

    thumbnails: np.ndarray
    hashes: np.ndarray
    table: pd.DataFrame

    @property
    def decoded(self) -> np.ndarray:
        """`bool (N,)`: the films whose pixels could be decoded."""
        return (self.table["fault"] == "").to_numpy()


_RECORD = np.dtype(
    [
        ("sha256", "S64"),
        ("thumbnail", np.uint8, (SIDE, SIDE)),
        ("hash", np.uint64),
        ("mean", np.float32),
        ("spread", np.float32),
        ("colour", np.bool_),
        ("marks", np.bool_, (4,)),
    ]
)


def compute_pixel_statistics(index: Index, progress: Progress | None = None) -> PixelStatistics:
    """The statistics of every readable film; those that are cached are not decoded again.

    progress: counts the films to decode. If it raises, what was computed is cached. A film that cannot be decoded gets
    a `fault`; nothing is raised for it. Raises WorkError if the cache cannot be written.
    """
    films = index.readable
    cached = _read_cache()
    row = {sha: i for i, sha in enumerate(cached["sha256"].tolist())}
    shas = [sha.encode() for sha in films["sha256"]]
    indexed = zip(films["path"], films["bytes"].tolist(), films["modified"].tolist(), strict=True)
    new = {sha: film for sha, film in zip(shas, indexed, strict=True) if sha not in row}
    faults: dict[bytes, str] = {}
    computed: list[np.ndarray] = []

    def compute(item: tuple[bytes, tuple[str, int, int]]) -> np.ndarray | str:
        sha, (path, size, modified) = item
        try:
            record = _record(index.root / path, sha)
            check_unchanged(index.root / path, size, modified)
            return record
        except UnreadableFilm as error:
            return str(error)

    try:
        with ThreadPoolExecutor() as pool:
            for done, (sha, result) in enumerate(zip(new, pool.map(compute, new.items()), strict=True), start=1):
                if isinstance(result, str):
                    faults[sha] = result
                else:
                    computed.append(result)
                if progress and (done % _REPORT_EVERY == 0 or done == len(new)):
                    progress(done, len(new))
    finally:
        if computed:
            cached = np.concatenate([cached, np.array(computed, _RECORD)])
            _add_to_cache(np.array(computed, _RECORD))
    row = {sha: i for i, sha in enumerate(cached["sha256"].tolist())} | dict.fromkeys(faults, -1)
    records = np.concatenate([cached, np.zeros(1, _RECORD)])[[row[sha] for sha in shas]]
    table = pd.DataFrame({name: records[name] for name in ("mean", "spread", "colour")}, index=films.index)
    table["fault"] = [faults.get(sha, "") for sha in shas]
    table[list(CORNERS)] = records["marks"]
    return PixelStatistics(records["thumbnail"], records["hash"], table)


def films_to_decode(index: Index) -> int:
    """How many readable films `compute_pixel_statistics` would have to decode; the others are cached."""
    cached = set(_read_cache()["sha256"].tolist())
    return sum(sha.encode() not in cached for sha in set(index.readable["sha256"]))


def _record(file: Path, sha: bytes) -> np.ndarray:
    """The statistics of one film as a `_RECORD` of shape (). Raises UnreadableFilm."""
    import imagehash

    pixels, colour = _decode_small(file)
    working = cv2.resize(pixels, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA)
    record = np.zeros((), _RECORD)
    record["sha256"] = sha
    record["thumbnail"] = cv2.resize(working, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    bits = imagehash.phash(Image.fromarray(working), hash_size=_HASH_SIDE).hash
    record["hash"] = np.packbits(bits.ravel()).view(">u8")[0]
    record["mean"], record["spread"] = pixels.mean(), pixels.std()
    record["colour"] = colour
    record["marks"] = find_corner_marks(working)
    return record


def _decode_small(file: Path) -> tuple[np.ndarray, bool]:
    """A film in grey, `uint8 (h, w)`, and whether it has colour; a large JPEG is decoded at a reduced size."""
    try:
        data = read_bytes(file)
    except UnusableFile as error:
        raise UnreadableFilm(error.problem, thing=file.name, accepted="restore it") from error
    if data.startswith(b"\xff\xd8"):
        try:
            return _decode_small_jpeg(data)
        except Exception as error:  # Pillow fails in many ways on damaged bytes
            raise UnreadableFilm("a JPEG whose pixels cannot be decoded", thing=file.name) from error
    film = decode_film(data, file.name)
    return film.pixels, film.source.colour


def _decode_small_jpeg(data: bytes) -> tuple[np.ndarray, bool]:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft(image.mode, (_WORKING_SIDE, _WORKING_SIDE))
        upright = ImageOps.exif_transpose(image)
    if upright.mode == "L":
        return np.asarray(upright), False
    red, green, blue = (np.asarray(channel) for channel in upright.convert("RGB").split())
    brightest, darkest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    colour = bool((brightest - darkest).max() > _MOST_GREY)
    return np.asarray(upright.convert("L")), colour


def _cache_file() -> Path:
    return cache_folder("looks") / f"{_CACHE_VERSION}-{SIDE}.npy"


def _read_cache() -> np.ndarray:
    """The cached statistics, `_RECORD (N,)`; empty if there are none or the file is damaged."""
    records: np.ndarray = np.load(_cache_file()) if is_sealed(_cache_file()) else np.zeros(0, _RECORD)
    return records if records.dtype == _RECORD else np.zeros(0, _RECORD)


def _add_to_cache(records: np.ndarray) -> None:
    """Add statistics to what the file holds now: another process may have added others meanwhile."""
    with locked(_cache_file()):
        cached = _read_cache()
        new = records[~np.isin(records["sha256"], cached["sha256"])]
        with store_file(_cache_file(), "the pixel statistics") as part:
            with part.open("wb") as file:
                np.save(file, np.concatenate([cached, new]))
            seal(part)
