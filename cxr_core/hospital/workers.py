"""Processes that read films, one a core, for a node whose own process receives and sends.

In threads of one process the readers would wait for each other at Python's lock. A film on which a decoder ends its
process (a fault in native code) is tried once more in a new one, then refused by name; the other films go on. Workers
write nothing: they hand their results over, so that one that outlives a killed node changes nothing.
"""

import hashlib
import logging
import multiprocessing
import queue
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import cv2

from cxr_core.errors import CXRError, WorkError, work_error
from cxr_core.hospital.answer import Terms
from cxr_core.hospital.film_reader import FilmReader, Refused, Results
from cxr_core.hospital.spool import SpooledFilm
from cxr_core.inference.predictor import Predictor
from cxr_core.log import configure_logging, log_on_standard_error, log_surprise
from cxr_core.models import lite_network
from cxr_core.models.registry import Model

_log = logging.getLogger(__name__)
COUNT = lite_network.WORKERS
TRIES = 2  # of a film that ends its process: the system may have ended it for another reason
LONGEST = 600.0  # seconds for one film, or to load a model; a film takes 0.1 s
_context = multiprocessing.get_context("spawn")


class Workers:
    """The processes; used in a `with` block, from as many threads as wanted."""

    def __init__(self, model: Model, terms: Terms, shadow: bool = False) -> None:
        """Starts all and returns when they can read. Raises CXRError if the model cannot be used."""
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._ended = False
        self._all = [_Worker(model, terms, shadow) for _ in range(COUNT)]
        try:
            for worker in self._all:
                worker.start()
            for worker in self._all:
                worker.await_loaded()
                self._free.put(worker)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        for worker in self._all:
            worker.end()

    def read(self, film: SpooledFilm) -> Results | Refused:
        """Read a film, when a process is free. Raises CXRError if no film can be read at all."""
        worker = self._free.get()
        try:
            for _ in range(TRIES):
                try:
                    return worker.read(film)
                except (EOFError, OSError):
                    how = worker.end()
                    if self._ended:
                        raise WorkError("the processes that read films were ended.") from None
                    _log.warning("Reading %s ended its process (%s)", film.key, how)
                    worker.start()
                    worker.await_loaded()
        finally:
            self._free.put(worker)
        digest = hashlib.sha256(film.file.read_bytes()).hexdigest()
        return Refused(f"reading it ended the process {TRIES} times ({how})", digest)


class _Worker:
    """One process and the connection to it."""

    def __init__(self, model: Model, terms: Terms, shadow: bool) -> None:
        self._arguments = (model, terms, shadow)
        self._process: Any = None
        self._connection: Any = None

    def start(self) -> None:
        """Start the process, which loads the model."""
        self._connection, its_end = _context.Pipe()
        self._process = _context.Process(target=_work, args=(its_end, *self._arguments), daemon=True)
        self._process.start()
        its_end.close()

    def await_loaded(self) -> None:
        """Wait until the process can read. Raises CXRError if it cannot."""
        try:
            self._answer()
        except (EOFError, OSError):
            raise WorkError(f"a process that reads films ended while it loaded the model ({self.end()}).") from None

    def read(self, film: SpooledFilm) -> Results | Refused:
        """Read a film. Raises EOFError or OSError if the process has ended, TimeoutError if it takes too long."""
        self._connection.send((film.file, film.key))
        found: Results | Refused = self._answer()
        return found

    def end(self) -> str:
        """End the process, and say how it ended."""
        if self._process is None:
            return "not started"
        self._connection.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        status = self._process.exitcode
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def _answer(self) -> Any:
        if not self._connection.poll(LONGEST):
            raise TimeoutError
        answer = self._connection.recv()
        if isinstance(answer, CXRError):
            raise answer
        return answer


def _work(connection: Connection, model: Model, terms: Terms, shadow: bool) -> None:
    """Read films until the node closes the connection or ends."""
    for number in (signal.SIGTERM, signal.SIGINT):  # the node gets them too, and says when to end
        signal.signal(number, signal.SIG_IGN)
    configure_logging("node")
    cv2.setNumThreads(1)
    lite_network.set_threads(1)
    try:
        with log_on_standard_error():
            try:
                reader = FilmReader(Predictor(model, site=terms.site), terms, shadow)
            except CXRError as error:
                return connection.send(error)
            connection.send(None)
            while True:
                connection.send(_read(reader, *connection.recv()))
    except (EOFError, OSError):
        return None
    except Exception as error:  # never as a traceback, whose message may name a patient
        log_surprise(_log, error)
        return None


def _read(reader: FilmReader, file: Path, key: str) -> Results | Refused | CXRError:
    try:
        return reader.read(file, key)
    except OSError as error:
        return work_error(file, "cannot be read", error)
    except CXRError as error:
        return error
