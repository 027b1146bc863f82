"""Waiting for another process, a thread or a coroutine."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

PATIENCE_SECONDS = 120.0
Result = TypeVar("Result")


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Return once the condition holds; fails after so many seconds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


def result_of(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The coroutine's result, from a thread of its own: Playwright keeps a running event loop in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
