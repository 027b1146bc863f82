"""Waiting for another process or thread."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 120.0


def wait_until(holds: Callable[[], bool]) -> None:
    """Return once the condition holds; fails after PATIENCE_SECONDS."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
