"""The films of this session and their results: held in the session's memory only, never written to disk.

Of a film that was read only the reading is kept. Its pixels are decoded again for display, so that 500 films need
little more memory than their files.
"""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.app.account import account
from cxr_core.app.diagnose.dropped_files import DroppedFile
from cxr_core.app.diagnose.viewer import MAX_SIDE, screen_jpeg
from cxr_core.datasets.demo import is_synthetic
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.film import Film, Provenance
from cxr_core.imaging.full_range import FullRange, full_range
from cxr_core.inference.decision import Rules
from cxr_core.inference.pipeline import predict_source
from cxr_core.inference.reading import Reading
from cxr_core.languages import Message, message
from cxr_core.models.registry import Model
from cxr_core.parallel import map_in_order

if TYPE_CHECKING:
    from cxr_core.inference.predictor import Predictor

FIRST_FILES = 4  # read before each redraw; no more before the first one, so that the first result appears soon
REDRAW_SECONDS, REDRAW_SHARE = 4.0, 0.05  # shortest time between two redraws; largest share of the time spent on them
REPORT_SECONDS = 1.0  # between two movements of the progress bar
KEPT_PICTURES, KEPT_VALUES = 8, 2
Kept = TypeVar("Kept")
SPOKEN = {
    "pneumonia": message("pneumonia"),
    "normal": message("normal"),
    "uncertain": message("uncertain"),
    "not_assessable": message("not assessable"),
}


@dataclass(frozen=True, eq=False)
class FilmResult:
    """A film that was read.

    synthetic: whether the file carries the demo set's mark.
    """

    file: DroppedFile
    reading: Reading
    source: Provenance
    synthetic: bool

    @property
    def rank(self) -> float:
        """The key that sorts the worklist: the probability of pneumonia; -1 for a film that was not assessable."""
        return -1 if self.reading.probability is None else self.reading.probability

    @property
    def age_notes(self) -> tuple[str, ...]:
        """The sentence on an age outside the model's intended use, if there is one; it is one of the reasons too."""
        prediction = self.reading.prediction
        return prediction.age_notes if prediction else ()

    def alt_text(self, hidden: bool) -> Message:
        """The film's alternative text; without the model's result if that is `hidden`."""
        reading = self.reading
        about = {"file": reading.file, "verdict": SPOKEN[reading.verdict]}
        if reading.verdict == "not_assessable":
            return message("Image {file}", **about) if hidden else message("Image {file}, read as {verdict}", **about)
        if hidden:
            return message("Chest X-ray {file}", **about)
        if reading.heatmap is None or not reading.heatmap.any():
            return message("Chest X-ray {file}, read as {verdict}", **about)
        return message("Chest X-ray {file}, read as {verdict}, with heatmap", **about)


@dataclass(frozen=True)
class UnreadableFile:
    """A file that could not be read, and the error that says why."""

    file: DroppedFile
    error: UnreadableFilm


Result = FilmResult | UnreadableFile


def read_by(model: Model, rules: Rules) -> str:
    """What the results of films depend on, beside the films: the model's version and the shift of the site."""
    return f"{model.version} {rules.shift:g}"


def session_results(files: Sequence[DroppedFile], by: str) -> dict[str, Result]:
    """The results that the session has of these files, by file key; drops all others. by: see `read_by`."""
    stored: dict[tuple[str, str], Result] = st.session_state.setdefault("results", {})
    wanted = {(by, file.key) for file in files}
    for stale in stored.keys() - wanted:
        del stored[stale]
    return {file.key: stored[by, file.key] for file in files if (by, file.key) in stored}


def read_next(
    files: Sequence[DroppedFile], predictor: "Predictor", started: float, progress: Callable[[int], object]
) -> None:
    """Read some of the files that have no result yet: FIRST_FILES, then as many as the time to the next redraw allows.

    started: when this script run began, by `time.monotonic`; the longer a redraw takes, the more files are read before
    the next one. progress: called with the number of results every REPORT_SECONDS; it may end the script run (the
    user clicked elsewhere), and the results so far stay stored.
    """
    now = time.monotonic()
    ends = now + max(REDRAW_SECONDS, (now - started) / REDRAW_SHARE)
    stored: dict[tuple[str, str], Result] = st.session_state.results
    by = read_by(predictor.model, predictor.rules)
    missing = [file for file in files if (by, file.key) not in stored]
    first, others = missing[:FIRST_FILES], missing[FIRST_FILES:] if stored else []
    shown = set() if stored else {file.key for file in first}
    # Files that are being read when the time is up are finished, and no further ones are begun.
    in_time = takewhile(lambda _: time.monotonic() < ends, others)
    reported = now
    for result, picture in read_files(chain(first, in_time), predictor, shown):
        stored[by, result.file.key] = result
        if picture:
            _keep_picture(result.file, picture)
        if isinstance(result, FilmResult):
            record(account(), result.reading)
        if time.monotonic() - reported > REPORT_SECONDS:
            progress(len(stored))
            reported = time.monotonic()


def read_files(
    files: Iterable[DroppedFile], predictor: "Predictor", shown: Container[str] = ()
) -> Iterator[tuple[Result, bytes]]:
    """What `read_file` returns for each file, in order, several of them read at a time. shown: keys of files."""
    return map_in_order(lambda file: read_file(file, predictor, file.key in shown), files)


def read_file(file: DroppedFile, predictor: "Predictor", shown: bool) -> tuple[Result, bytes]:
    """The result for a file, in this thread.

    shown: whether the film's JPEG for the screen is returned as well, while its pixels are there; else it is empty, as
    for a file that cannot be read.
    """
    synthetic = False

    def decode(file: DroppedFile) -> Film:
        nonlocal synthetic
        data = file.read()
        synthetic = is_synthetic(data)
        return decode_film(data, file.name)

    found = predict_source(file, decode, predictor)
    if isinstance(found, UnreadableFilm):
        return UnreadableFile(file, found), b""
    result = FilmResult(file, predictor.decide(found.prediction), found.film.source, synthetic)
    return result, screen_jpeg(_as_read(found.film.pixels, result)) if shown else b""


def record(account: Account, reading: Reading) -> None:
    """The audit line of a reading."""
    audit.record(
        account, "reading", sha256=reading.sha256, model=reading.model, version=reading.version, verdict=reading.verdict
    )


def keep(by: str, result: Result, file: DroppedFile, picture: bytes) -> None:
    """Store the result of a file of the session and its JPEG for the screen, both made before this script run.

    by: see `read_by`.
    """
    st.session_state.setdefault("results", {})[by, file.key] = replace(result, file=file)
    _keep_picture(file, picture)


def _keep_picture(file: DroppedFile, picture: bytes) -> None:
    _kept("picture", (file.key, MAX_SIDE), lambda: picture, KEPT_PICTURES)


def screen_jpeg_of(result: FilmResult, side: int = MAX_SIDE) -> bytes:
    """The film as a JPEG for the screen, no side over `side` pixels; the last ones are kept for the next reruns."""
    return _kept("picture", (result.file.key, side), lambda: screen_jpeg(pixels_of(result), side), KEPT_PICTURES)


def full_range_of(result: FilmResult) -> FullRange:
    """All the values of the film; those of the last films are kept."""
    return _kept(
        "values",
        (result.file.key, 0),
        lambda: full_range(result.file.read(), pixels_of(result), result.source),
        KEPT_VALUES,
    )


def _kept(what: str, key: tuple[str, int], make: Callable[[], Kept], number: int) -> Kept:
    """What was made for this film, or what `make` makes now; the session keeps the last `number` of each kind."""
    kept: dict[tuple[str, int], Kept] = st.session_state.setdefault(f"kept {what}", {})
    found = kept.pop(key) if key in kept else make()
    kept[key] = found
    while len(kept) > number:
        del kept[next(iter(kept))]
    return found


def pixels_of(result: FilmResult) -> np.ndarray:
    """The film's pixels as the model read them, `uint8 (H, W)`, bone white; an inverted grey scale is corrected."""
    return _as_read(decode_film(result.file.read(), result.file.name).pixels, result)


def _as_read(pixels: np.ndarray, result: FilmResult) -> np.ndarray:
    prediction = result.reading.prediction
    return 255 - pixels if prediction and prediction.inverted else pixels
