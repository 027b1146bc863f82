"""A look at the pixels of every film, once: what headers cannot tell.

Each film is decoded at a small size and leaves a `Look` behind: a thumbnail, its brightness and contrast, whether it
has colour, a perceptual hash, how bright a mark stands in each corner. PixelStatistics are kept under `CXR_HOME` by the
content of the file, so that only new content is decoded again, wherever it lies.
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
from cxr_core.errors import UnreadableFilm
from cxr_core.files import store_file
from cxr_core.imaging.decode import decode_film
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

SIDE = 64  # of the thumbnails
CORNERS = ("upper left", "upper right", "lower left", "lower right")
_WORKING_SIDE = 128
_HASH_SIDE = 8
_CORNER = 5  # a corner is a fifth of the side, where markers are put
# Held against 400 films by eye: every mark found was a letter or a clip, and none was a rib.
_MARK = 70  # grey values by which a burnt-in letter stands out from its surroundings
_MARK_AREA = 6
_DARK_AROUND = 0.65
_COLOUR = 8  # as in the decoder: lossy chroma moves grey pixels a little apart
_VERSION = 1
_TOLD_EVERY = 50


@dataclass(frozen=True, eq=False)
class PixelStatistics:
    """What was seen, one row a film of `Index.readable`, in its order.

    thumbnails: `uint8 (N, SIDE, SIDE)`, stretched to a square, bone white. hashes: `uint64 (N,)`, perceptual.
    table: indexed as the films, with `mean` and `spread` (0 to 255), `colour`, `fault` ("" or why the pixels could not
    be read: such a film's other figures are 0) and a column for each of CORNERS: whether a bright mark stands there.
    """

    thumbnails: np.ndarray
    hashes: np.ndarray
    table: pd.DataFrame

    @property
    def seen(self) -> np.ndarray:
        """`bool (N,)`: the films whose pixels could be read."""
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


def look(index: Index, progress: Progress | None = None) -> PixelStatistics:
    """Look at every readable film of the index; those seen before are not decoded again.

    Stopped half-way, what was seen is kept. A film that cannot be decoded has its `fault`; nothing is raised for it.
    """
    films = index.readable
    store = cache_folder("looks") / f"{_VERSION}-{SIDE}.npy"
    known = _known(store)
    place = {sha: i for i, sha in enumerate(known["sha256"].tolist())}
    shas = [sha.encode() for sha in films["sha256"]]
    new = {sha: path for sha, path in zip(shas, films["path"], strict=True) if sha not in place}
    faults: dict[bytes, str] = {}
    seen: list[np.ndarray] = []

    def one(item: tuple[bytes, str]) -> np.ndarray | str:
        try:
            return _look_at(index.root / item[1], item[0])
        except UnreadableFilm as error:
            return str(error)

    try:
        with ThreadPoolExecutor() as pool:
            for done, (sha, found) in enumerate(zip(new, pool.map(one, new.items()), strict=True), start=1):
                if isinstance(found, str):
                    faults[sha] = found
                else:
                    seen.append(found)
                if progress and (done % _TOLD_EVERY == 0 or done == len(new)):
                    progress(done, len(new))
    finally:
        if seen:
            known = np.concatenate([known, np.array(seen, _RECORD)])
            _keep(store, known)
    place = {sha: i for i, sha in enumerate(known["sha256"].tolist())} | dict.fromkeys(faults, -1)
    records = np.concatenate([known, np.zeros(1, _RECORD)])[[place[sha] for sha in shas]]
    table = pd.DataFrame({name: records[name] for name in ("mean", "spread", "colour")}, index=films.index)
    table["fault"] = [faults.get(sha, "") for sha in shas]
    table[list(CORNERS)] = records["marks"]
    return PixelStatistics(records["thumbnail"], records["hash"], table)


def unseen(index: Index) -> int:
    """How many readable films `look` would have to decode."""
    known = set(_known(cache_folder("looks") / f"{_VERSION}-{SIDE}.npy")["sha256"].tolist())
    return sum(sha.encode() not in known for sha in set(index.readable["sha256"]))


def _look_at(file: Path, sha: bytes) -> np.ndarray:
    import imagehash

    pixels, colour = _small(file)
    working = cv2.resize(pixels, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA)
    record = np.zeros((), _RECORD)
    record["sha256"] = sha
    record["thumbnail"] = cv2.resize(working, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    bits = imagehash.phash(Image.fromarray(working), hash_size=_HASH_SIDE).hash
    record["hash"] = np.packbits(bits.ravel()).view(">u8")[0]
    record["mean"], record["spread"] = pixels.mean(), pixels.std()
    record["colour"] = colour
    record["marks"] = marks(working)
    return record


def marks(pixels: np.ndarray) -> list[bool]:
    """Whether a burnt-in mark (a letter, a clip) stands in each of CORNERS of a film, `uint8 (S, S)`.

    A mark is small and much brighter than what surrounds it: a white top-hat transform keeps it, and also ribs; but a
    mark has dark all around it, where a rib goes on.
    """
    side = len(pixels)
    box = side // _CORNER + 1
    hat = cv2.morphologyEx(pixels, cv2.MORPH_TOPHAT, np.ones((side // 16, side // 16), np.uint8))
    number, blobs, boxes, centres = cv2.connectedComponentsWithStats((hat > _MARK).astype(np.uint8))
    found = [False] * 4
    for i in range(1, number):
        x, y, width, height, area = boxes[i]
        across, down = centres[i]
        beside, above = min(across, side - across) < box, min(down, side - down) < box
        if not (beside and above) or area < _MARK_AREA or max(width, height) > side // 7:
            continue
        around = pixels[max(0, y - 3) : y + height + 3, max(0, x - 3) : x + width + 3]
        frame = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
        if np.percentile(frame, 90) < _DARK_AROUND * pixels[blobs == i].mean():
            found[2 * int(down > side / 2) + int(across > side / 2)] = True
    return found


def _small(file: Path) -> tuple[np.ndarray, bool]:
    """A film in grey, `uint8 (h, w)`, at no more than a few times the working size, and whether it has colour."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableFilm(f"{file.name}: cannot be read any more ({error.strerror}).") from error
    if data.startswith(b"\xff\xd8"):
        try:
            return _small_jpeg(data)
        except Exception as error:  # Pillow fails in many ways on damaged bytes
            raise UnreadableFilm(f"{file.name}: a JPEG whose pixels cannot be decoded.") from error
    film = decode_film(data, file.name)
    return film.pixels, film.source.colour


def _small_jpeg(data: bytes) -> tuple[np.ndarray, bool]:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft(image.mode, (_WORKING_SIDE, _WORKING_SIDE))
        upright = ImageOps.exif_transpose(image)
    if upright.mode == "L":
        return np.asarray(upright), False
    channels = np.asarray(upright.convert("RGB"))
    colour = bool((channels.max(2).astype(int) - channels.min(2)).max() > _COLOUR)
    return np.asarray(upright.convert("L")), colour


def _known(store: Path) -> np.ndarray:
    try:
        kept = np.load(store)
    except (OSError, ValueError, EOFError):
        return np.zeros(0, _RECORD)
    return kept if kept.dtype == _RECORD else np.zeros(0, _RECORD)


def _keep(store: Path, records: np.ndarray) -> None:
    with store_file(store, "what was seen of the films") as part, part.open("wb") as file:
        np.save(file, records)
