"""Waiting for another process or thread."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 120.0


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Return once the condition holds; fails after so many seconds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
