"""From the spool to the outbox: films are decoded, read in order of arrival and exchanged for their results."""

import hashlib
import io
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from pydicom import Dataset, dcmread

from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.hospital.answer import Terms, answer_of
from cxr_core.hospital.checks import is_own_result, refusal
from cxr_core.hospital.results.build import result_files
from cxr_core.hospital.spool import Spool, SpooledFilm
from cxr_core.hospital.surprise import log_surprise
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.decode_ahead import decoded_ahead
from cxr_core.imaging.film import Film
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.reading import Reading
from cxr_core.labels import Verdict

_log = logging.getLogger(__name__)
BATCH = 8  # films decoded, and held in memory, at a time
POLL = 0.1  # seconds between looks at an empty spool
OWN_RESULT = "a result of this program"


@dataclass(frozen=True, eq=False)
class Unread:
    """A spooled film that cannot be read, and why. digest: sha256 of its file."""

    spooled: SpooledFilm
    reason: str
    digest: str


@dataclass(frozen=True, eq=False)
class Decoded:
    """A spooled film, its header without pixels, and its pixels."""

    spooled: SpooledFilm
    header: Dataset
    film: Film


@dataclass(frozen=True, eq=False)
class Staged:
    """A film that was read: its results on disk, and the verdict."""

    spooled: SpooledFilm
    results: Path
    verdict: Verdict


def read_spool(
    spool: Spool, predictor: Predictor, terms: Terms, stop: threading.Event, arrived: threading.Event
) -> None:
    """Read the films of the spool, those that wait and those that arrive, until `stop` is set.

    While one batch is read, the results on the batch before are written in threads; films are finished in order.
    """
    writing: list[Future[Staged | Unread]] = []
    with ThreadPoolExecutor(2) as writers:
        for batch in decoded_ahead(_batches(spool, stop, arrived), _decoded):
            films = [found for found in batch if isinstance(found, Decoded)]
            readings = _readings(predictor, films, terms)
            _finish(spool, writing)
            for unread in (found for found in [*batch, *readings] if isinstance(found, Unread)):
                _set_aside(spool, unread)
            write = partial(_write_results, spool, predictor, terms)
            pairs = zip(films, readings, strict=True)
            writing = [writers.submit(write, film, reading) for film, reading in pairs if isinstance(reading, Reading)]
        _finish(spool, writing)


def _batches(spool: Spool, stop: threading.Event, arrived: threading.Event) -> Iterator[list[SpooledFilm]]:
    """The films that wait, in order of arrival, each once. An empty batch lets the one before be read."""
    taken: set[str] = set()
    while not stop.is_set():
        arrived.clear()
        waiting = spool.films()
        taken &= {film.file.name for film in waiting}
        fresh = [film for film in waiting if film.file.name not in taken][:BATCH]
        taken |= {film.file.name for film in fresh}
        if not fresh:
            arrived.wait(POLL)
        yield fresh


def _decoded(spooled: SpooledFilm) -> Decoded | Unread:
    """The film's header and pixels, or why they are not read. Never raises for a film's content."""
    data = spooled.file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    try:
        header = dcmread(io.BytesIO(data), stop_before_pixels=True)
        header.remove_private_tags()
        if is_own_result(header):
            return Unread(spooled, OWN_RESULT, digest)
        if reason := refusal(header):
            return Unread(spooled, reason, digest)
        if not all(header.get(f"{level}InstanceUID") for level in ("Study", "Series", "SOP")):
            return Unread(spooled, "no Study, Series or SOP Instance UID; results could not be filed", digest)
        return Decoded(spooled, header, decode_film(data, f"{spooled.key}.dcm"))
    except UnreadableFilm as error:
        return Unread(spooled, str(error).partition(": ")[2] or "not a film", digest)
    except Exception as error:  # pydicom raises its own errors for damaged headers
        number = log_surprise(_log, error)
        return Unread(spooled, f"a DICOM file whose header cannot be read (error {number})", digest)


def _readings(predictor: Predictor, films: list[Decoded], terms: Terms) -> list[Reading | Unread]:
    """Read films as a batch; if that fails, one by one, so that one film cannot hold up the others for ever."""
    try:
        return list(predictor.read_many((found.film for found in films), terms.choice))
    except CXRError:  # the model cannot be used, for any film
        raise
    except Exception as error:
        number = log_surprise(_log, error)
    if len(films) == 1:
        return [Unread(films[0].spooled, f"reading it failed (error {number})", "")]
    return [reading for film in films for reading in _readings(predictor, [film], terms)]


def _write_results(
    spool: Spool, predictor: Predictor, terms: Terms, decoded: Decoded, reading: Reading
) -> Staged | Unread:
    """Write the results on a film; or why its header allows none."""
    try:
        answer = answer_of(reading, predictor.model, terms)
        results = result_files(decoded.header, decoded.film, reading, answer, datetime.now().astimezone())
    except CXRError:
        raise
    except Exception as error:  # highdicom and pydicom raise their own errors for headers that break the standard
        number = log_surprise(_log, error)
        return Unread(decoded.spooled, f"its header allows no results (error {number})", "")
    return Staged(decoded.spooled, spool.stage(decoded.spooled, results), reading.verdict)


def _finish(spool: Spool, writing: list[Future[Staged | Unread]]) -> None:
    """Exchange films for their results, in order."""
    for future in writing:
        found = future.result()
        if isinstance(found, Unread):
            _set_aside(spool, found)
        else:
            spool.finish(found.spooled, found.results)
            _log.info("Read %s: %s", found.spooled.key, found.verdict)


def _set_aside(spool: Spool, unread: Unread) -> None:
    if unread.reason == OWN_RESULT:
        spool.discard(unread.spooled, unread.reason)
        _log.info("Passed over %s: %s", unread.spooled.key, unread.reason)
        return
    spool.set_aside(unread.spooled, unread.reason, unread.digest)
    _log.warning("Kept aside %s: %s", unread.spooled.key, unread.reason)
