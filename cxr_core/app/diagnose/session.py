"""The films of this session: read once, kept in this session's memory only, and never on disk.

Of a film that was read, its reading stays; its pixels are decoded again when it is looked at, so that five hundred
films take little more memory than the files themselves.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cxr_core.app.diagnose.dropped_files import Dropped
from cxr_core.app.diagnose.viewer import for_screen
from cxr_core.datasets.demo import is_synthetic
from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.imaging.decode import ACCEPTED, decode_film
from cxr_core.imaging.decode_ahead import decoded_ahead
from cxr_core.imaging.film import Film, Provenance
from cxr_core.inference.reading import Reading

if TYPE_CHECKING:
    from cxr_core.inference.predictor import Predictor

FIRST, BATCH = 4, 16  # few at first, so that there is soon an answer to look at
REDRAW_SECONDS, REDRAW_SHARE = 2.0, 0.1  # between two drawings of the page; their share of the time


@dataclass(frozen=True, eq=False)
class Answer:
    """A film that was read."""

    file: Dropped
    reading: Reading
    source: Provenance
    synthetic: bool

    @property
    def rank(self) -> float:
        """Its place in the worklist: the most probable pneumonia first, what could not be assessed last."""
        return -1 if self.reading.probability is None else self.reading.probability

    def alt(self, hidden: bool) -> str:
        """What a reader who cannot see the film is told."""
        said = "" if hidden else f", read as {self.reading.verdict.replace('_', ' ')}"
        what = "Image" if self.reading.verdict == "not_assessable" else "Chest X-ray"
        heat = "" if hidden or self.reading.heatmap is None or not self.reading.heatmap.any() else ", with heatmap"
        return f"{what} {self.reading.file}{said}{heat}"


@dataclass(frozen=True)
class Refusal:
    """A file that could not be read, and why, in a sentence that begins with its name."""

    file: Dropped
    sentence: str


Result = Answer | Refusal


def kept_results(files: Sequence[Dropped], version: str) -> dict[str, Result]:
    """What this session has read of these files with that model, by key; whatever else it had is forgotten."""
    kept: dict[tuple[str, str], Result] = st.session_state.setdefault("results", {})
    wanted = {(version, file.key) for file in files}
    for stale in kept.keys() - wanted:
        del kept[stale]
    return {file.key: kept[version, file.key] for file in files if (version, file.key) in kept}


def read_next(files: Sequence[Dropped], reader: "Predictor", began: float, tell: Callable[[int], object]) -> None:
    """Read some of the files that this session has not read yet: the first few, later more before the page is redrawn.

    began: when the drawing of the page began, by `time.monotonic`; the longer it took, the more is read. `tell` gets
    the number of files read so far after each batch; where it ends the script, since the reader has clicked elsewhere,
    nothing that was read is lost.
    """
    now = time.monotonic()
    ends = now + max(REDRAW_SECONDS, (now - began) / REDRAW_SHARE)
    kept: dict[tuple[str, str], Result] = st.session_state.results
    version = reader.model.version
    missing = [file for file in files if (version, file.key) not in kept]
    batches = [missing[i : i + BATCH] for i in range(0, len(missing), BATCH)] if kept else [missing[:FIRST]]
    for results in read_batches(batches, reader):
        kept |= {(version, result.file.key): result for result in results}
        tell(len(kept))
        if time.monotonic() > ends:
            return


def read_batches(batches: Sequence[Sequence[Dropped]], reader: "Predictor") -> Iterator[list[Result]]:
    """A result for each file, batch by batch, in order; the next batch is decoded while the last is read."""
    for batch, decoded in zip(batches, decoded_ahead(batches, _decode), strict=True):
        yield _results(batch, decoded, reader)


def _results(files: Sequence[Dropped], decoded: Sequence[tuple[Film, bool] | str], reader: "Predictor") -> list[Result]:
    readings = iter(_readings([found[0] for found in decoded if not isinstance(found, str)], reader))
    results: list[Result] = []
    for file, found in zip(files, decoded, strict=True):
        reading = found if isinstance(found, str) else next(readings)
        if isinstance(found, str) or isinstance(reading, str):
            results.append(Refusal(file, str(reading)))
        else:
            results.append(Answer(file, reading, found[0].source, found[1]))
    return results


def _readings(films: list[Film], reader: "Predictor") -> list[Reading | str]:
    """A reading of each film. If the work on one fails, the others are read all the same. Raises CXRError."""
    try:
        return list(reader.read_many(films))
    except CXRError:
        raise
    except Exception as error:  # whatever it is, a morning's worth of films must not end with one of them
        if len(films) == 1:
            return [f"{films[0].name}: the work on this film failed ({type(error).__name__}); accepted are {ACCEPTED}."]
        return [reading for film in films for reading in _readings([film], reader)]


def picture_of(answer: Answer) -> bytes:
    """The film as a JPEG for the screen; the last one is kept, so that a click elsewhere does not decode it again."""
    key, picture = st.session_state.get("picture", ("", b""))
    if key != answer.file.key:
        picture = for_screen(pixels_of(answer))
        st.session_state.picture = (answer.file.key, picture)
    return picture


def pixels_of(answer: Answer) -> np.ndarray:
    """The film's pixels, `uint8 (H, W)`, bone white, as they were read: turned right if it came inverted."""
    pixels = decode_film(answer.file.read(), answer.file.name).pixels
    findings = answer.reading.findings
    return 255 - pixels if findings and findings.inverted else pixels


def _decode(file: Dropped) -> tuple[Film, bool] | str:
    try:
        data = file.read()
        return decode_film(data, file.name), is_synthetic(data)
    except UnreadableFilm as error:
        return str(error)
