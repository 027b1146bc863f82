"""The node at work: one thread listens, one reads, one sends. A thread that dies takes the service down, not on."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cxr_core.errors import WorkError
from cxr_core.hospital.address import Caller
from cxr_core.hospital.answer import Terms
from cxr_core.hospital.archive import ArchiveUnreachable
from cxr_core.hospital.node import Node, Tls
from cxr_core.hospital.reading import read_spool
from cxr_core.hospital.send import Sender, Waits, read_results
from cxr_core.hospital.spool import Spool
from cxr_core.hospital.surprise import log_surprise
from cxr_core.inference.predictor import Predictor

_log = logging.getLogger(__name__)
POLL = 0.1  # seconds between looks at an empty outbox


class Service:
    """A DICOM node that reads what it receives and sends the results to the archive."""

    def __init__(
        self, title: str, callers: list[Caller], spool: Spool, predictor: Predictor, sender: Sender, terms: Terms
    ) -> None:
        self._spool, self._predictor, self._sender, self._terms = spool, predictor, sender, terms
        self._stop, self._arrived = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._node = Node(title, callers, spool, self._arrived.set)
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("reading", self._read), ("sending", self._send))
        ]

    def run(self, address: str, port: int, tls: Tls | None = None) -> None:
        """Work until `stop` is called. Raises WorkError if the port or the disk cannot be used."""
        self._node.start(address, port, tls)
        try:
            for thread in self._threads:
                thread.start()
            _log.info("Listening on %s:%d", address, port)
            self._stop.wait()
        finally:
            self._stop.set()
            self._node.stop()
            for thread in self._threads:
                thread.join(30)
            self._sender.close()
        if self._failure is not None:
            if isinstance(self._failure, WorkError):
                raise self._failure
            raise WorkError(f"the node stopped; error {log_surprise(_log, self._failure)} is in its log.")

    def stop(self) -> None:
        """End the work after the film at hand; nothing is lost."""
        self._stop.set()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # told by `run`, in the thread that called it
            self._failure = error
        finally:
            self._stop.set()

    def _read(self) -> None:
        read_spool(self._spool, self._predictor, self._terms, self._stop, self._arrived)

    def _send(self) -> None:
        """Send what is in the outbox, the oldest first; a film whose results the archive refuses waits on its own."""
        archive = Waits(time.monotonic)
        waits: dict[str, Waits] = {}
        while not self._stop.is_set():
            if not archive.over:
                self._stop.wait(POLL)
                continue
            unsent = self._spool.unsent()
            waits = {folder.name: waits[folder.name] for folder in unsent if folder.name in waits}
            due = [folder for folder in unsent if folder.name not in waits or waits[folder.name].over]
            for folder in due:
                if self._stop.is_set():
                    return
                try:
                    self._send_one(folder, waits.setdefault(folder.name, Waits(time.monotonic)))
                    archive.succeeded()
                except ArchiveUnreachable as error:
                    _log.warning("Nothing is sent: %s Next try in %.0f s.", error, archive.failed())
                    break
            if not due:
                self._stop.wait(POLL)

    def _send_one(self, folder: Path, wait: Waits) -> None:
        key = folder.name.partition("-")[0]
        try:
            self._sender.send(read_results(folder))
        except ArchiveUnreachable:
            raise
        except WorkError as error:
            _log.warning("Not sent %s: %s Next try in %.0f s.", key, error, wait.failed())
            return
        self._spool.sent(folder)
        _log.info("Sent %s", key)
