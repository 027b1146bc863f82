"""The films of this session and their results: held in the session's memory only, never written to disk.

Of a film that was read only the reading is kept. Its pixels are decoded again for display, so that 500 films need
little more memory than their files.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cxr_core.app.diagnose.dropped_files import DroppedFile
from cxr_core.app.diagnose.viewer import screen_jpeg
from cxr_core.datasets.demo import is_synthetic
from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.imaging.decode import ACCEPTED, decode_film
from cxr_core.imaging.decode_ahead import decoded_ahead
from cxr_core.imaging.film import Film, Provenance
from cxr_core.inference.reading import Reading
from cxr_core.log import log_surprise

if TYPE_CHECKING:
    from cxr_core.inference.predictor import Predictor

_logger = logging.getLogger(__name__)

FIRST_BATCH, BATCH = 4, 16  # the first batch is small, so that the first result appears soon
REDRAW_SECONDS, REDRAW_SHARE = 2.0, 0.1  # shortest time between two redraws; largest share of the time spent on them


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

    def alt_text(self, hidden: bool) -> str:
        """The film's alternative text; without the model's result if that is `hidden`."""
        verdict = "" if hidden else f", read as {self.reading.verdict.replace('_', ' ')}"
        what = "Image" if self.reading.verdict == "not_assessable" else "Chest X-ray"
        heat = "" if hidden or self.reading.heatmap is None or not self.reading.heatmap.any() else ", with heatmap"
        return f"{what} {self.reading.file}{verdict}{heat}"


@dataclass(frozen=True)
class UnreadableFile:
    """A file that could not be read. message: the reason, starting with the file's name."""

    file: DroppedFile
    message: str


Result = FilmResult | UnreadableFile


def session_results(files: Sequence[DroppedFile], version: str) -> dict[str, Result]:
    """The results that the session has of these files and that model version, by file key; drops all others."""
    stored: dict[tuple[str, str], Result] = st.session_state.setdefault("results", {})
    wanted = {(version, file.key) for file in files}
    for stale in stored.keys() - wanted:
        del stored[stale]
    return {file.key: stored[version, file.key] for file in files if (version, file.key) in stored}


def read_next(
    files: Sequence[DroppedFile], predictor: "Predictor", started: float, progress: Callable[[int], object]
) -> None:
    """Read some of the files that have no result yet: a small first batch, then several before the next redraw.

    started: when this script run began, by `time.monotonic`; the longer a redraw takes, the more files are read before
    the next one. progress: called with the number of results after each batch; it may end the script run (the user
    clicked elsewhere), and the results so far stay stored.
    """
    now = time.monotonic()
    ends = now + max(REDRAW_SECONDS, (now - started) / REDRAW_SHARE)
    stored: dict[tuple[str, str], Result] = st.session_state.results
    version = predictor.model.version
    missing = [file for file in files if (version, file.key) not in stored]
    batches = [missing[i : i + BATCH] for i in range(0, len(missing), BATCH)] if stored else [missing[:FIRST_BATCH]]
    for results in read_batches(batches, predictor):
        stored |= {(version, result.file.key): result for result in results}
        progress(len(stored))
        if time.monotonic() > ends:
            return


def read_batches(batches: Sequence[Sequence[DroppedFile]], predictor: "Predictor") -> Iterator[list[Result]]:
    """A result for each file, batch by batch, in order; the next batch is decoded while this one is predicted."""
    for batch, decoded in zip(batches, decoded_ahead(batches, _decode), strict=True):
        yield _results(batch, decoded, predictor)


def screen_jpeg_of(result: FilmResult) -> bytes:
    """The film as a JPEG for the screen; the last one is cached for the reruns that other controls cause."""
    key: str
    picture: bytes
    key, picture = st.session_state.get("picture", ("", b""))
    if key != result.file.key:
        picture = screen_jpeg(pixels_of(result))
        st.session_state.picture = (result.file.key, picture)
    return picture


def pixels_of(result: FilmResult) -> np.ndarray:
    """The film's pixels as the model read them, `uint8 (H, W)`, bone white; an inverted grey scale is corrected."""
    pixels = decode_film(result.file.read(), result.file.name).pixels
    prediction = result.reading.prediction
    return 255 - pixels if prediction and prediction.inverted else pixels


def _results(
    files: Sequence[DroppedFile], decoded: Sequence[tuple[Film, bool] | str], predictor: "Predictor"
) -> list[Result]:
    readings = iter(_readings([found[0] for found in decoded if not isinstance(found, str)], predictor))
    results: list[Result] = []
    for file, found in zip(files, decoded, strict=True):
        reading = found if isinstance(found, str) else next(readings)
        if isinstance(found, str) or isinstance(reading, str):
            results.append(UnreadableFile(file, str(reading)))
        else:
            results.append(FilmResult(file, reading, found[0].source, found[1]))
    return results


def _readings(films: list[Film], predictor: "Predictor") -> list[Reading | str]:
    """A reading of each film, or a message where the prediction failed. Raises CXRError."""
    try:
        return list(predictor.read_many(films))
    except CXRError:
        raise
    except Exception as error:  # an unexpected failure of one film must not stop the others
        if len(films) == 1:
            number = log_surprise(_logger, error)
            return [f"{films[0].name}: could not be processed (error {number}); accepted are {ACCEPTED}."]
        return [reading for film in films for reading in _readings([film], predictor)]


def _decode(file: DroppedFile) -> tuple[Film, bool] | str:
    """The film and whether it is synthetic, or a message why the file is none."""
    try:
        data = file.read()
        return decode_film(data, file.name), is_synthetic(data)
    except UnreadableFilm as error:
        return str(error)
