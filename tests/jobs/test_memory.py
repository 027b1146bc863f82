"""A lack of memory is recognised, by whatever library reports it."""

import errno

import pytest

from cxr_core.jobs.memory import is_out_of_memory, reason_in_log


class ResourceExhaustedError(Exception):
    """As TensorFlow's."""


def chained(cause: Exception) -> Exception:
    error = RuntimeError("the fit failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ResourceExhaustedError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1 byte"),
        ImportError("libcc.so: failed to map segment from shared object"),
        chained(MemoryError()),
    ],
)
def test_a_lack_of_memory_is_recognised(error: Exception) -> None:
    assert is_out_of_memory(error)


def test_other_errors_are_not() -> None:
    circle = ValueError("a shape")
    circle.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    circle.__cause__.__context__ = circle
    assert not is_out_of_memory(circle)


def test_the_log_of_a_process_that_ended_gives_the_reason() -> None:
    assert reason_in_log(["", "terminate called after throwing an instance of 'std::bad_alloc'"]).endswith("of memory.")
    assert reason_in_log([]).startswith("Its process ended unexpectedly")
