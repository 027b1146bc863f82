"""From the spool to the outbox: films are read in order of arrival and exchanged for their results.

As many films are read at a time as there are processes for it; they are finished in order. In shadow mode nothing goes
to the outbox.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from cxr_core.hospital.film_reader import OWN_RESULT, Refused, Results
from cxr_core.hospital.spool import SHADOW, Spool, SpooledFilm
from cxr_core.hospital.ward.arrival import Arrival
from cxr_core.hospital.workers import COUNT

_log = logging.getLogger(__name__)
AHEAD = 2 * COUNT  # films, and so memory, that are worked on or wait to be finished in order
POLL = 0.1  # seconds between looks at an empty spool
Read = Callable[[SpooledFilm], Results | Refused]
Keep = Callable[[SpooledFilm, Arrival], None]
_Found = tuple[Path | None, Arrival] | Refused  # the folder of the results; None in shadow mode


def read_spool(
    spool: Spool, read: Read, stop: threading.Event, arrived: threading.Event, keep: Keep = lambda film, arrival: None
) -> None:
    """Read the films of the spool, those that wait and those that arrive, until `stop` is set.

    read: called from several threads. keep: called for each film that was read, before it leaves the spool; once more
    after a crash. Raises WorkError if the disk fails, CXRError if the model can read no film.
    """
    working: deque[tuple[SpooledFilm, Future[_Found]]] = deque()
    films = _in_order_of_arrival(spool)
    with ThreadPoolExecutor(AHEAD, thread_name_prefix="films") as pool:
        while not stop.is_set():
            arrived.clear()
            while len(working) < AHEAD and (film := next(films)):
                working.append((film, pool.submit(_read, spool, read, film)))
            if working:
                film, future = working.popleft()
                _finish(spool, film, future.result(), keep)
            else:
                arrived.wait(POLL)
        for film, future in working:  # what has begun is finished, the rest is read after the next start
            if not future.cancel():
                _finish(spool, film, future.result(), keep)


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


def _read(spool: Spool, read: Read, film: SpooledFilm) -> _Found:
    """Read a film and write its results; returns their folder, or why the film is not read."""
    found = read(film)
    if isinstance(found, Refused):
        return found
    return spool.stage(film, found.files) if found.files else None, found.arrival


def _finish(spool: Spool, film: SpooledFilm, found: _Found, keep: Keep) -> None:
    """Exchange a film for its results; keep it aside if it cannot be read."""
    if not isinstance(found, Refused):
        staged, arrival = found
        keep(film, arrival)
        if staged is None:
            spool.discard(film, SHADOW)
            _log.info("Read in shadow mode %s", film.key)
        else:
            spool.finish(film, staged)
            _log.info("Read %s: %s", film.key, arrival.verdict)
    elif found.reason == OWN_RESULT:
        spool.discard(film, found.reason)
        _log.info("Passed over %s: %s", film.key, found.reason)
    else:
        spool.set_aside(film, found.reason, found.digest)
        _log.warning("Kept aside %s: %s", film.key, found.reason)
