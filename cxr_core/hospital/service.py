"""The node at work: one thread listens, one has films read by other processes, one sends, one keeps the ward.

If one of them fails, all end, and nothing is lost.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from cxr_core.errors import WorkError
from cxr_core.hospital.address import Caller
from cxr_core.hospital.delivery import Delivery
from cxr_core.hospital.node import Node, Tls
from cxr_core.hospital.reading import Keep, Read, read_spool
from cxr_core.hospital.send import Sender
from cxr_core.hospital.spool import Spool
from cxr_core.log import log_surprise

_log = logging.getLogger(__name__)
PATIENCE = 30  # seconds for the film at hand when the service ends


class Service:
    """A DICOM node that reads what it receives and sends the results to the archive."""

    def __init__(
        self,
        title: str,
        callers: list[Caller],
        spool: Spool,
        read: Read,
        sender: Callable[[], Sender] | None,
        keep: Keep,
        also: Callable[[threading.Event], None],
    ) -> None:
        """sender: None in shadow mode. keep: see `read_spool`. also: works in a thread of its own until it is set."""
        self._stop, arrived = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._node = Node(title, callers, spool, arrived.set)
        works = {
            "reading": partial(read_spool, spool, read, self._stop, arrived, keep),
            "keeping": partial(also, self._stop),
        }
        if sender:
            works["sending"] = partial(Delivery(spool, sender).run, self._stop)
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True) for name, work in works.items()
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
                thread.join(PATIENCE)
        if isinstance(self._failure, WorkError):
            raise self._failure
        if self._failure is not None:
            raise WorkError(f"the node stopped (error {log_surprise(_log, self._failure)}, in its log)")

    def stop(self) -> None:
        """End the work after the film at hand; nothing is lost."""
        self._stop.set()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # raised again by `run`, in the thread that called it
            self._failure = error
        finally:
            self._stop.set()
