"""Lack of memory, by whatever library reports it, and in the log of a process that it ended."""

import errno
from collections.abc import Iterable

_TYPES = ("ResourceExhaustedError", "OutOfMemoryError")
_WORDS = (
    *("resource_exhausted", "out of memory", "cannot allocate memory", "insufficient memory", "bad_alloc"),
    *("memoryerror", "unable to allocate", "failed to map segment", "can't start new thread"),
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception, or one that it came from, says that there was not enough memory."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        by_number = isinstance(one, OSError) and one.errno == errno.ENOMEM
        if isinstance(one, MemoryError) or by_number or type(one).__name__ in _TYPES or _says_so(str(one)):
            return True
        one = one.__cause__ or one.__context__
    return False


def reason_in_log(lines: Iterable[str]) -> str:
    """What the last lines of the log of a process that ended without a word say of the reason, as one sentence."""
    if any(_says_so(line) for line in lines):
        return "Its process ran out of memory."
    return "Its process ended unexpectedly, as when memory runs out or the machine restarts."


def _says_so(text: str) -> bool:
    lower = text.lower()
    return any(words in lower for words in _WORDS)
