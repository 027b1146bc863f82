"""Decode the next batch in threads while the current one is used."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Source = TypeVar("Source")
Decoded = TypeVar("Decoded")


def decoded_ahead(batches: Iterable[Iterable[Source]], decode: Callable[[Source], Decoded]) -> Iterator[list[Decoded]]:
    """Yield each batch decoded, in order; the next batch is decoded in threads while the caller works on this one.

    Raises what `decode` raises. When the caller stops early, decoding that has not started is cancelled.
    """
    pool = ThreadPoolExecutor(os.cpu_count())
    current: list[Future[Decoded]] | None = None
    try:
        for batch in batches:
            following = [pool.submit(decode, source) for source in batch]
            if current is not None:
                yield [future.result() for future in current]
            current = following
        if current is not None:
            yield [future.result() for future in current]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
