"""From the outbox to the archive: results are sent by a few connections, with ever longer waits on failure."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cxr_core.errors import WorkError
from cxr_core.hospital.archive import ArchiveUnreachable
from cxr_core.hospital.send import Sender
from cxr_core.hospital.spool import SETTLE, Spool

_log = logging.getLogger(__name__)
CONNECTIONS = 6  # an archive takes 50 ms for an instance, most of it waiting for its disk: 30 films a second
CHUNK = 4 * CONNECTIONS  # films between looks at the outbox
POLL = 0.1  # seconds between looks at an empty outbox
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds between tries


class Waits:
    """When to try again after a failure: 1 s, then twice as long each time, at most 5 minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._wait, self._until = clock, 0.0, 0.0

    @property
    def over(self) -> bool:
        """Whether it is time to try."""
        return self._clock() >= self._until

    def failed(self) -> float:
        """Count a failure; returns the seconds to wait."""
        self._wait = min(max(SHORTEST_WAIT, 2 * self._wait), LONGEST_WAIT)
        self._until = self._clock() + self._wait
        return self._wait

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._wait = self._until = 0.0


class Delivery:
    """Sends the results of a spool until it is stopped."""

    def __init__(self, spool: Spool, sender: Callable[[], Sender]) -> None:
        """sender: creates a connection to the archive; called `CONNECTIONS` times."""
        self._spool = spool
        self._senders: queue.SimpleQueue[Sender] = queue.SimpleQueue()
        for _ in range(CONNECTIONS):
            self._senders.put(sender())
        self._archive = Waits()
        self._settling = 0.0  # when results that wait are next looked at
        self._films: dict[str, Waits] = {}  # of results that the archive refused

    def run(self, stop: threading.Event) -> None:
        """Send what is in the outbox, the oldest first, until `stop` is set. Raises WorkError if the disk fails."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            while not stop.is_set():
                due = self._due()
                if not due:
                    self._settle()
                    stop.wait(POLL)
                elif all(list(pool.map(self._send, due))):
                    self._archive.succeeded()
                else:
                    _log.warning("The archive cannot be reached. Next try in %.0f s.", self._archive.failed())
        while not self._senders.empty():
            self._senders.get().close()

    def _settle(self) -> None:
        if time.monotonic() >= self._settling:
            self._settling = time.monotonic() + SETTLE / 3
            self._spool.settle()

    def _due(self) -> list[Path]:
        """The results to send now."""
        if not self._archive.over:
            return []
        unsent = self._spool.unsent()
        self._films = {folder.name: self._films[folder.name] for folder in unsent if folder.name in self._films}
        return [folder for folder in unsent if folder.name not in self._films or self._films[folder.name].over][:CHUNK]

    def _send(self, folder: Path) -> bool:
        """Send the results on one film; returns False if the archive cannot be reached."""
        key = folder.name.partition("-")[0]
        sender = self._senders.get()
        try:
            sender.send(sorted(folder.glob("*.dcm")))
        except ArchiveUnreachable:
            return False
        except WorkError as error:
            wait = self._films.setdefault(folder.name, Waits()).failed()
            _log.warning("Not sent %s: %s Next try in %.0f s.", key, error, wait)
            return True
        finally:
            self._senders.put(sender)
        self._spool.sent(folder)
        _log.info("Sent %s", key)
        return True
