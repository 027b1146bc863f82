"""Signs of life of work that does not report by itself, as a compiler that takes minutes over a network."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BEAT_SECONDS = 5.0


@contextmanager
def heartbeat(report: Callable[[], object], seconds: float = BEAT_SECONDS) -> Iterator[None]:
    """Call `report`, which must not raise, every so many seconds in a thread of its own while the block runs."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(seconds):
            report()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
