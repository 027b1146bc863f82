"""From the spool to the outbox: films are read in order of arrival and exchanged for their results.

A film is decoded, read and described in one thread, as many at a time as there are cores; they are finished in order.
"""

import hashlib
import io
import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset, dcmread

from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.hospital.answer import Terms, answer_of
from cxr_core.hospital.checks import is_own_result, refusal
from cxr_core.hospital.results.build import result_files
from cxr_core.hospital.spool import Spool, SpooledFilm
from cxr_core.imaging.decode import decode_film
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import Verdict
from cxr_core.log import log_surprise

_log = logging.getLogger(__name__)
THREADS = os.cpu_count() or 1
AHEAD = 2 * THREADS  # films, and so memory, that are worked on or wait to be finished in order
POLL = 0.1  # seconds between looks at an empty spool
OWN_RESULT = "a result of this program"


@dataclass(frozen=True, eq=False)
class Read:
    """A film that was read: its results on disk, and the verdict."""

    spooled: SpooledFilm
    results: Path
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Unread:
    """A film that cannot be read, and why. digest: sha256 of its file."""

    spooled: SpooledFilm
    reason: str
    digest: str


def read_spool(
    spool: Spool, predictor: Predictor, terms: Terms, stop: threading.Event, arrived: threading.Event
) -> None:
    """Read the films of the spool, those that wait and those that arrive, until `stop` is set.

    Raises WorkError if the disk fails, CXRError if the model can read no film at all.
    """
    working: deque[Future[Read | Unread]] = deque()
    films = _in_order_of_arrival(spool)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="films") as pool:
        while not stop.is_set():
            arrived.clear()
            while len(working) < AHEAD and (spooled := next(films)):
                working.append(pool.submit(_read, spool, predictor, terms, spooled))
            if working:
                _finish(spool, working.popleft().result())
            else:
                arrived.wait(POLL)
        for future in working:  # what has begun is finished, the rest is read after the next start
            if not future.cancel():
                _finish(spool, future.result())


def _in_order_of_arrival(spool: Spool) -> Iterator[SpooledFilm | None]:
    """The films of the spool, each once; None whenever there is no other."""
    taken: set[str] = set()
    while True:
        waiting = spool.films()
        fresh = [film for film in waiting if film.file.name not in taken]
        taken = {film.file.name for film in waiting}
        yield from fresh
        if not fresh:
            yield None


def _read(spool: Spool, predictor: Predictor, terms: Terms, spooled: SpooledFilm) -> Read | Unread:
    """Read a film and write its results, or say why it is not read. What a film holds raises nothing."""
    data = spooled.file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    step = "its header cannot be read"
    try:
        header = dcmread(io.BytesIO(data), stop_before_pixels=True)
        header.remove_private_tags()
        if reason := _why_not(header):
            return Unread(spooled, reason, digest)
        film = decode_film(data, f"{spooled.key}.dcm")
        del data
        step = "reading it failed"
        reading = predictor.read(film, terms.choice)
        step = "its header allows no results"
        answer = answer_of(reading, predictor.model, terms)
        results = result_files(header, film, reading, answer, datetime.now().astimezone())
    except UnreadableFilm as error:
        return Unread(spooled, str(error).partition(": ")[2] or "not a film", digest)
    except CXRError:  # the model can read no film at all
        raise
    except Exception as error:  # of pydicom or highdicom, for headers that break the standard; or of the network
        return Unread(spooled, f"{step} (error {log_surprise(_log, error)})", digest)
    return Read(spooled, spool.stage(spooled, results), reading.verdict)


def _why_not(header: Dataset) -> str | None:
    """Why a film is not read, by its header, or None."""
    if is_own_result(header):
        return OWN_RESULT
    if not all(header.get(f"{level}InstanceUID") for level in ("Study", "Series", "SOP")):
        return "no Study, Series or SOP Instance UID; results could not be filed"
    return refusal(header)


def _finish(spool: Spool, found: Read | Unread) -> None:
    """Exchange a film for its results; keep it aside if it cannot be read."""
    key = found.spooled.key
    if isinstance(found, Read):
        spool.finish(found.spooled, found.results)
        _log.info("Read %s: %s", key, found.verdict)
    elif found.reason == OWN_RESULT:
        spool.discard(found.spooled, found.reason)
        _log.info("Passed over %s: %s", key, found.reason)
    else:
        spool.set_aside(found.spooled, found.reason, found.digest)
        _log.warning("Kept aside %s: %s", key, found.reason)
